import * as fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { streamOf, type ByteSource, type OpenOptions } from '../../bytes/source.ts';
import { streamFrom } from '../../bytes/stream.ts';
import { StoreError, UsageError } from '../../errors.ts';
import { storeFailure } from './failure.ts';

const { O_RDONLY } = fs.constants;
// Windows has neither. Without O_NONBLOCK the opening of a pipe waits for a writer.
const nonBlocking = (fs.constants.O_NONBLOCK as number | undefined) ?? 0;
const noFollow = (fs.constants.O_NOFOLLOW as number | undefined) ?? 0;

/** Files up to this size are read at once: a stream costs more than their bytes. */
const smallBytes = 64 * 1024;
/** Large files are read in parts of this size, each in an array of its own: who gets one may keep it. */
const chunkBytes = 1 << 20;

// One byte more than a small file has, so that a file that grew is seen.
const scratch = /* @__PURE__ */ new Uint8Array(smallBytes + 1);

/** What tells that a file is the one that was looked at first, and was not written to since. */
interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A file that was opened once: its bytes, and whether its owner may execute it. */
export interface OpenedFile {
  readonly source: ByteSource;
  readonly executable: boolean;
}

/**
 * Opens a regular file, and reads it when it is small. Errors of the system are passed on.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a folder, a pipe, a device.
 */
export function openFile(path: string, options: { readonly followLinks: boolean }): OpenedFile {
  const flags = O_RDONLY | nonBlocking | (options.followLinks ? 0 : noFollow);
  const descriptor = fs.openSync(path, flags);
  try {
    const facts = fs.fstatSync(descriptor);
    if (!facts.isFile()) throw notFile(path);
    const bytes = facts.size > smallBytes ? undefined : readSmall(descriptor, facts.size, path);
    return { source: sourceOf(path, flags, facts, bytes), executable: (facts.mode & 0o100) !== 0 };
  } finally {
    fs.closeSync(descriptor);
  }
}

function readSmall(descriptor: number, size: number, path: string): Uint8Array<ArrayBuffer> {
  let read = 0;
  for (let more = -1; more !== 0 && read <= size; read += more) {
    more = fs.readSync(descriptor, scratch, read, scratch.length - read, null);
  }
  if (read !== size) throw changed(path);
  return scratch.slice(0, read);
}

function sourceOf(path: string, flags: number, facts: FileFacts, bytes: Uint8Array | undefined): ByteSource {
  const { size } = facts;
  const source: ByteSource = {
    size,
    ...(bytes === undefined ? {} : { bytes }),
    // eslint-disable-next-line @typescript-eslint/require-await -- errors must come as rejections
    open: async (options = {}) => {
      const { start, end } = rangeOf(options, size);
      if (bytes !== undefined) return streamOf(bytes.subarray(start, end));
      return streamFrom(readRange(path, flags, facts, start, end, options.signal));
    },
  };
  // Not on every runtime that has node:fs.
  const openAsBlob = fs.openAsBlob as typeof fs.openAsBlob | undefined;
  if (openAsBlob !== undefined) source.blob = () => openAsBlob(path);
  return source;
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
  try {
    await checkSame(path, handle, facts);
    for (let position = start; position < end;) {
      const chunk = new Uint8Array(Math.min(chunkBytes, end - position));
      const { bytesRead } = await reading(path, () => handle.read(chunk, 0, chunk.length, position));
      signal?.throwIfAborted();
      if (bytesRead === 0) throw changed(path);
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    await checkSame(path, handle, facts);
  } finally {
    await handle.close();
  }
}

async function checkSame(path: string, handle: FileHandle, facts: FileFacts): Promise<void> {
  const now = await reading(path, () => handle.stat());
  if (now.size !== facts.size || now.mtimeMs !== facts.mtimeMs || now.ino !== facts.ino) throw changed(path);
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
