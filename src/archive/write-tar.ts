import { checkOptions } from '../bytes/check-options.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import { IntegrityError, UsageError } from '../errors.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import { createMemberCheck, type MemberCheck } from './member-check.ts';
import { blockSize, paddingOf, typeFlags, type TarEntry } from './tar-entry.ts';
import { encodeHeader } from './tar-header.ts';

/** What {@link tarStream} takes. */
export interface WriteTarOptions {
  /**
   * `sorted` (the default) refuses entries that are not sorted bytewise by path. `given` takes any order: the bytes are
   * then as deterministic as the caller's order.
   */
  readonly order?: 'sorted' | 'given' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a tar: ustar, with pax records only where a field does not fit, modes 0644 and 0755, uid and gid 0, no names,
 * mtime 0 unless given, two zero blocks at the end and nothing more. The same entries give the same bytes everywhere.
 *
 * A tree that our own reader would refuse is not written: see `createMemberCheck`. Contents of which the source has
 * `bytes` are copied into chunks of 1 MiB; others are passed on as they come.
 *
 * @throws UsageError (as the error of the stream) `ERR_INVALID_ARGUMENT` for an entry that cannot be written, or out of
 * order; FormatError `ERR_UNSAFE_PATH`; IntegrityError `ERR_SIZE_MISMATCH` where a source gives more or fewer bytes
 * than its `size`.
 */
export function tarStream(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  options: WriteTarOptions = {},
): ReadableStream<Uint8Array> {
  checkOptions('tarStream', options, ['order', 'signal']);
  return streamFrom((signal) => tarChunks(entries, { ...options, signal }), options.signal);
}

/** The chunks of {@link tarStream}. */
export async function* tarChunks(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  options: WriteTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { order = 'sorted', signal } = options;
  const buffer = new ChunkBuffer();
  const check = createMemberCheck();
  let last: string | undefined;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    if (order === 'sorted' && last !== undefined) checkOrder(last, entry.path);
    last = entry.path;
    const bytes = entry.source?.bytes;
    const size = checkEntry(entry, bytes, check);
    // Not `yield*`, which waits several times even where there is nothing to give.
    for (const chunk of buffer.add(encodeHeader(entry, size))) yield chunk;
    if (bytes !== undefined) for (const chunk of buffer.add(bytes)) yield chunk;
    else if (entry.source !== undefined) yield* streamed(entry, size, buffer, signal);
    for (const chunk of buffer.zeros(paddingOf(size))) yield chunk;
  }
  for (const chunk of buffer.zeros(2 * blockSize)) yield chunk;
  for (const chunk of buffer.flush()) yield chunk;
}

/** Checks an entry, and gives the size of its body. */
function checkEntry(entry: TarEntry, bytes: Uint8Array | undefined, check: MemberCheck): number {
  const { path, type, target, source, mtime = 0 } = entry;
  const isLink = type === 'symlink' || type === 'hardlink';
  if (!Object.hasOwn(typeFlags, type)) throw invalid(path, `has the unknown type ${JSON.stringify(type)}`);
  if (isLink !== (target !== undefined)) throw invalid(path, `is a ${type} ${isLink ? 'without' : 'with'} a target`);
  if (source !== undefined && type !== 'file') throw invalid(path, `is a ${type} with content`);
  if (!Number.isSafeInteger(mtime)) throw invalid(path, 'has an mtime that is not an integer');
  const size = source === undefined ? 0 : (bytes?.length ?? source.size);
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) throw invalid(path, 'has content of unknown size');
  if (source?.size !== undefined && source.size !== size) throw sizeMismatch(path, source.size, String(size));
  check.check(entry);
  return size;
}

function checkOrder(last: string, path: string): void {
  if (compareBytewise(last, path) < 0) return;
  throw invalid(path, `comes after ${JSON.stringify(last)}, expected entries sorted bytewise and each once`);
}

/** Chunks that are smaller than this are gathered. */
const smallChunk = 32 * 1024;

async function* streamed(
  entry: TarEntry,
  size: number,
  buffer: ChunkBuffer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  const stream = await entry.source?.open({ signal });
  for await (const chunk of chunksOf(stream as ReadableStream<Uint8Array>, { signal })) {
    seen += chunk.length;
    if (seen > size) throw sizeMismatch(entry.path, size, `more than ${size}`);
    if (chunk.length < smallChunk) {
      for (const full of buffer.add(chunk)) yield full;
    } else {
      for (const gathered of buffer.flush()) yield gathered;
      yield chunk;
    }
  }
  if (seen < size) throw sizeMismatch(entry.path, size, String(seen));
}

function invalid(path: string, problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `tar entry ${JSON.stringify(path)} ${problem}`, {
    argument: 'entries',
    details: { path },
  });
}

function sizeMismatch(path: string, expected: number, actual: string): IntegrityError {
  return new IntegrityError(
    'ERR_SIZE_MISMATCH',
    `tar entry ${JSON.stringify(path)} has content of ${actual} bytes, expected ${expected}`,
    { expected: String(expected), actual, details: { path } },
  );
}
