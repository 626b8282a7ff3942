import * as fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { handOver, markFresh } from '../../bytes/given-chunks.ts';
import { streamOf, type ByteSource, type OpenOptions } from '../../bytes/source.ts';
import { streamFrom } from '../../bytes/stream.ts';
import { StoreError, UsageError } from '../../errors.ts';
import { storeFailure } from './failure.ts';

const { O_RDONLY } = fs.constants;
// Windows has neither. Without O_NONBLOCK the opening of a pipe waits for a writer.
const readFlags = O_RDONLY | ((fs.constants.O_NONBLOCK as number | undefined) ?? 0);
const noFollow = (fs.constants.O_NOFOLLOW as number | undefined) ?? 0;

/** Files up to this size are read at once: a stream costs more than their bytes. */
const smallBytes = 64 * 1024;
/** Large files are read in parts of this size, each in an array of its own: who gets one may keep it. */
const chunkBytes = 1 << 20;

/** Small files are read into arrays that many of them share: one for each would cost as much as reading it. */
const sharedBytes = 256 * 1024;
let shared = /* @__PURE__ */ new Uint8Array(0);
let sharedUsed = 0;

/** The bytes that were read last, and of which source: whoever asks for them twice asks at once. */
let latest: { readonly of: ByteSource; readonly bytes: Uint8Array } | undefined;

/** What tells that a file is the one that was looked at first, and was not written to since. */
interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A file that was looked at: its bytes, and whether its owner may execute it. */
export interface FoundFile {
  readonly source: ByteSource;
  readonly executable: boolean;
}

/**
 * Opens a regular file to look at it. Errors of the system are passed on.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a folder, a pipe, a device.
 */
export function openFile(path: string, options: { readonly followLinks: boolean }): FoundFile {
  const flags = readFlags | (options.followLinks ? 0 : noFollow);
  const descriptor = fs.openSync(path, flags);
  try {
    return foundFile(path, flags, fs.fstatSync(descriptor));
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Looks at a regular file and follows no link, like {@link openFile}. A small one is read at once, since it is open:
 * whoever asks for its bytes before another file is looked at gets those.
 */
export function findFile(path: string): FoundFile {
  const flags = readFlags | noFollow;
  const descriptor = fs.openSync(path, flags);
  try {
    const facts = fs.fstatSync(descriptor);
    const found = foundFile(path, flags, facts);
    if (facts.size <= smallBytes) latest = { of: found.source, bytes: readWhole(descriptor, facts.size, path) };
    return found;
  } finally {
    fs.closeSync(descriptor);
  }
}

function foundFile(path: string, flags: number, facts: fs.Stats): FoundFile {
  if (!facts.isFile()) throw notFile(path);
  const { size, mtimeMs, ino, mode } = facts;
  return { source: sourceOf(path, flags, { size, mtimeMs, ino }), executable: (mode & 0o100) !== 0 };
}

function sourceOf(path: string, flags: number, facts: FileFacts): ByteSource {
  const { size } = facts;
  const small = size <= smallBytes;
  const source: ByteSource = {
    size,
    open: async (options = {}) => {
      const { start, end } = rangeOf(options, size);
      if (small) return streamOf(bytesOf(source, path, flags, size).subarray(start, end));
      return streamFrom(readRange(path, flags, facts, start, end, options.signal));
    },
  };
  if (small) {
    Object.defineProperty(source, 'bytes', { enumerable: true, get: () => bytesOf(source, path, flags, size) });
  }
  // Not on every runtime that has node:fs.
  const openAsBlob = fs.openAsBlob as typeof fs.openAsBlob | undefined;
  if (openAsBlob !== undefined) source.blob = () => openAsBlob(path);
  return handOver(source);
}

/** Bytes that are read when asked for and not kept: a list of many small files must not hold all of them. */
function bytesOf(source: ByteSource, path: string, flags: number, size: number): Uint8Array {
  if (latest?.of === source) return latest.bytes;
  const bytes = readSmall(path, flags, size);
  latest = { of: source, bytes };
  return bytes;
}

/** Reads a small file. Its size is all that is compared: another call would cost a tenth of the whole. */
function readSmall(path: string, flags: number, size: number): Uint8Array {
  try {
    const descriptor = fs.openSync(path, flags);
    try {
      return readWhole(descriptor, size, path);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    throw readFailure(path, error);
  }
}

function readWhole(descriptor: number, size: number, path: string): Uint8Array {
  // One byte more than the file has, so that one that grew is seen.
  const wanted = size + 1;
  if (shared.length - sharedUsed < wanted) {
    shared = new Uint8Array(sharedBytes);
    sharedUsed = 0;
  }
  const start = sharedUsed;
  let read = 0;
  for (let more = -1; more !== 0 && read < size; read += more) {
    more = fs.readSync(descriptor, shared, start + read, wanted - read, null);
  }
  if (read !== size) throw changed(path);
  sharedUsed += size;
  return shared.subarray(start, start + size);
}

async function* readRange(
  path: string,
  flags: number,
  facts: FileFacts,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted();
  const handle = await reading(path, () => open(path, flags));
  let ahead: Promise<Uint8Array> | undefined;
  try {
    await checkSame(path, handle, facts);
    // The next piece is read while this one is hashed or written.
    for (let position = start; position < end;) {
      const chunk = await (ahead ?? readPiece(path, handle, position, end));
      signal?.throwIfAborted();
      if (chunk.length === 0) throw changed(path);
      position += chunk.length;
      ahead = position < end ? readPiece(path, handle, position, end) : undefined;
      // Its failure is met by the next turn; without this it would count as unhandled until then.
      ahead?.catch(() => undefined);
      yield chunk;
    }
    await checkSame(path, handle, facts);
  } finally {
    await ahead?.catch(() => undefined);
    await handle.close();
  }
}

async function readPiece(path: string, handle: FileHandle, position: number, end: number): Promise<Uint8Array> {
  // Not filled with zeros first, which would take as long as reading.
  const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - position));
  const { bytesRead } = await reading(path, () => handle.read(buffer, 0, buffer.length, position));
  return markFresh(new Uint8Array(buffer.buffer, 0, bytesRead));
}

async function checkSame(path: string, handle: FileHandle, facts: FileFacts): Promise<void> {
  if (!isSame(await reading(path, () => handle.stat()), facts)) throw changed(path);
}

function isSame(now: FileFacts, then: FileFacts): boolean {
  return now.size === then.size && now.mtimeMs === then.mtimeMs && now.ino === then.ino;
}

async function reading<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw readFailure(path, error);
  }
}

/** The error to throw for a file that cannot be read. */
export function readFailure(path: string, error: unknown): unknown {
  return storeFailure(error, { store: 'file', action: 'read', what: `file ${JSON.stringify(path)}` });
}

function rangeOf({ start = 0, end }: OpenOptions, size: number): { readonly start: number; readonly end: number } {
  const valid = Number.isSafeInteger(start) && start >= 0 && (end === undefined || end >= start);
  if (valid) return { start: Math.min(start, size), end: Math.min(end ?? size, size) };
  throw new UsageError('ERR_INVALID_ARGUMENT', `range ${start} to ${String(end)} is not a range of bytes`, {
    argument: 'start',
  });
}

function notFile(path: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `${JSON.stringify(path)} is not a regular file`, { argument: 'path' });
}

function changed(path: string): StoreError {
  return new StoreError('ERR_STORE_READ', `file ${JSON.stringify(path)} was changed while it was read`, {
    hint: 'run again when nothing writes to it',
    retryable: true,
    details: { path },
  });
}
