import { checkRange } from '../../../bytes/check-range.ts';
import { markFresh } from '../../../bytes/given-chunks.ts';
import { streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck, type ContentCheck } from '../../../digest/verify-stream.ts';
import { IntegrityError, StoreError, UsageError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { byteaOf } from './bytea.ts';
import type { Database, Row } from './database.ts';
import { chunkBytes } from './pieces.ts';

/** Whose rows are read: those of a blob, or of an upload that has no digest yet. */
export type ChunksOf = { readonly digest: Digest } | { readonly upload: string };

/** Bytes `start` up to and without `end` of so many. */
export interface ChunkRange {
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/** What finding a blob costs less than asking again: its bytes, where they are few. */
export const bytesOfSmall = (
  chunks: string,
): string => `(SELECT substring(c.bytes for ${sliceBytes + 1}) FROM ${chunks} c
  WHERE c.upload = b.id AND c.part = 0 AND b.size <= ${sliceBytes}) AS bytes`;

/** A blob that was found, with the bytes of a small one. */
export function storedBlob(database: Database, digest: Digest, size: number, found: Row): StoredBlob {
  const whole = { size, start: 0, end: size };
  // For the first who reads it; they are his then.
  let given: Row | undefined = size > 0 && size <= sliceBytes ? found : undefined;
  const all = (signal: AbortSignal | undefined): AsyncIterable<Uint8Array> => {
    const own = given;
    given = undefined;
    return own === undefined ? readChunks(database, { digest }, whole, signal) : onlySlice(own, { digest }, size);
  };
  return {
    size,
    open: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      const check = contentCheck({ digest, size });
      return Promise.resolve(streamFrom((own) => checked(all(own), check), signal));
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      signal?.throwIfAborted();
      return Promise.resolve(streamFrom((own) => readChunks(database, { digest }, { size, start, end }, own), signal));
    },
  };
}

async function* onlySlice(row: Row, of: ChunksOf, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield sliceIn(row, of, 0, size);
}

async function* checked(chunks: AsyncIterable<Uint8Array>, check: ContentCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}

/**
 * Bytes that one statement reads. Most clients get them as text, twice as long, and of values of this size the
 * collector lets much less pile up than of a whole row.
 */
export const sliceBytes: number = 128 * 1024;

/** The next slice is on its way while one is looked at. More of them take more memory, and save little time. */
const atOnce = 2;

/** Bytes of one row. */
interface Slice {
  readonly part: number;
  readonly from: number;
  readonly length: number;
  /** True where the row must end with them. */
  readonly last: boolean;
}

/** The bytes of a range, in order, some of a row at a time. */
export async function* readChunks(
  database: Database,
  of: ChunksOf,
  range: ChunkRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reading: Promise<Uint8Array<ArrayBuffer>>[] = [];
  for (const slice of slicesOf(range)) {
    const read = readSlice(database, of, slice, signal);
    // Where the reader stops early, nobody waits for it.
    read.catch(() => undefined);
    reading.push(read);
    const [first] = reading;
    if (reading.length < atOnce || first === undefined) continue;
    yield await first;
    void reading.shift();
  }
  for (const read of reading) yield await read;
}

function* slicesOf({ size, start, end }: ChunkRange): Generator<Slice> {
  for (let at = start, length = 0; at < end; at += length) {
    const from = at % chunkBytes;
    const row = Math.min(chunkBytes, size - (at - from));
    length = Math.min(sliceBytes - (at % sliceBytes), row - from, end - at);
    yield { part: Math.floor(at / chunkBytes), from, length, last: from + length === row };
  }
}

async function readSlice(
  database: Database,
  of: ChunksOf,
  { part, from, length, last }: Slice,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { blobs, chunks } = database.tables;
  const [column, key] = 'digest' in of ? ['digest', of.digest] : ['id', of.upload];
  const { rows } = await database.run({
    action: 'read',
    what: nameOf(of),
    ...('digest' in of ? { digest: of.digest } : {}),
    // A byte more than there should be tells a row that is too long.
    text: `SELECT substring(c.bytes from ${from + 1} for ${last ? length + 1 : length}) AS bytes
      FROM ${blobs} b LEFT JOIN ${chunks} c ON c.upload = b.id AND c.part = $2::integer WHERE b.${column} = $1`,
    values: [key, part],
    signal,
  });
  if (rows[0] === undefined) throw gone(database, of);
  return sliceIn(rows[0], of, part, length);
}

/** The bytes of a row of an answer, where they are as many as they should be. */
function sliceIn({ bytes: value }: Row, of: ChunksOf, part: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = value === null ? new Uint8Array() : byteaOf(value);
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
