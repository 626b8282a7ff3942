import { markFresh } from '../../../bytes/given-chunks.ts';
import { streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck, type ContentCheck } from '../../../digest/verify-stream.ts';
import { IntegrityError, StoreError, UsageError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { byteaOf } from './bytea.ts';
import type { Database } from './database.ts';
import { chunkBytes } from './pieces.ts';

/** Whose rows are read: those of a blob, or of an upload that has no digest yet. */
export type ChunksOf = { readonly digest: Digest } | { readonly upload: string };

/** Bytes `start` up to and without `end` of so many. */
export interface ChunkRange {
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/** A blob that was found. */
export function storedBlob(database: Database, digest: Digest, size: number): StoredBlob {
  return {
    size,
    open: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      const check = contentCheck({ digest, size });
      const whole = { size, start: 0, end: size };
      return Promise.resolve(streamFrom((own) => checked(readChunks(database, { digest }, whole, own), check), signal));
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      signal?.throwIfAborted();
      return Promise.resolve(streamFrom((own) => readChunks(database, { digest }, { size, start, end }, own), signal));
    },
  };
}

async function* checked(chunks: AsyncIterable<Uint8Array>, check: ContentCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}

/** The bytes of a range, a row at a time. The next row is on its way while one is looked at. */
export async function* readChunks(
  database: Database,
  of: ChunksOf,
  range: ChunkRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { start, end } = range;
  if (start === end) return;
  const last = Math.ceil(end / chunkBytes) - 1;
  const read = (part: number): Promise<Uint8Array<ArrayBuffer>> => {
    const reading = readChunk(database, of, part, range, signal);
    // Where the reader stops early, nobody waits for it.
    reading.catch(() => undefined);
    return reading;
  };
  let next = read(Math.floor(start / chunkBytes));
  for (let part = Math.floor(start / chunkBytes); part <= last; part++) {
    const chunk = await next;
    if (part < last) next = read(part + 1);
    yield chunk;
  }
}

async function readChunk(
  database: Database,
  of: ChunksOf,
  part: number,
  range: ChunkRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { blobs, chunks } = database.tables;
  const begin = part * chunkBytes;
  const from = Math.max(0, range.start - begin);
  const length = Math.min(chunkBytes, range.size - begin, range.end - begin) - from;
  const whole = from === 0 && (length === chunkBytes || begin + length === range.size);
  const [column, key] = 'digest' in of ? ['digest', of.digest] : ['id', of.upload];
  const { rows } = await database.run({
    action: 'read',
    what: nameOf(of),
    ...('digest' in of ? { digest: of.digest } : {}),
    text: `SELECT ${whole ? 'c.bytes' : `substring(c.bytes from ${from + 1} for ${length}) AS bytes`}
      FROM ${blobs} b LEFT JOIN ${chunks} c ON c.upload = b.id AND c.part = $2::integer WHERE b.${column} = $1`,
    values: [key, part],
    signal,
  });
  if (rows[0] === undefined) throw gone(database, of);
  const bytes = rows[0].bytes === null ? new Uint8Array() : byteaOf(rows[0].bytes);
  if (bytes === undefined) throw notBytes();
  if (bytes.length !== length) throw wrongLength(of, part, length, bytes.length);
  return markFresh(bytes);
}

function nameOf(of: ChunksOf): string {
  return 'digest' in of ? `blob ${of.digest}` : `upload ${of.upload}`;
}

function gone(database: Database, of: ChunksOf): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `${nameOf(of)} was deleted while it was read`, {
    store: database.id,
    ...('digest' in of ? { digest: of.digest } : {}),
  });
}

function wrongLength(of: ChunksOf, part: number, expected: number, actual: number): IntegrityError {
  return new IntegrityError(
    'ERR_SIZE_MISMATCH',
    `row ${part} of ${nameOf(of)} has ${actual} bytes, expected ${expected}`,
    { expected: String(expected), actual: String(actual) },
  );
}

function notBytes(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'client gives a bytea as neither bytes nor hexadecimal text', {
    argument: 'client',
  });
}

function checkRange(start: number, end: number, size: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `range ${start} to ${end} does not lie in a blob of ${size} bytes`, {
    argument: 'start',
  });
}
