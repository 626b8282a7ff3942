import { checkRange } from '../../../bytes/check-range.ts';
import { markFresh } from '../../../bytes/given-chunks.ts';
import { streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck, type ContentCheck } from '../../../digest/verify-stream.ts';
import { IntegrityError, StoreError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { bytesOfBase64 } from './base64.ts';
import type { Database, Row, Statement } from './database.ts';
import { chunkBytes } from './pieces.ts';

/** Whose rows are read: those of a blob, or of an upload that has no digest yet. */
export type ChunksOf = { readonly digest: Digest } | { readonly upload: string };

/** The name of the rows, and whether they are but one, which is that of the blob. */
interface Place {
  readonly id: string;
  readonly inline: boolean;
}

/** Bytes `start` up to and without `end` of so many. */
export interface ChunkRange {
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/** What is read together with what finds it. */
const smallBytes = 128 * 1024;

/**
 * Bytes that one statement reads, an eleventh of a row. Clients get them as a text that is longer by a third, and what
 * has less than 128 KiB, V8 lets go soon and cheaply.
 */
const sliceBytes = Math.ceil(chunkBytes / 11);

/** Whether the bytes are in the row of the blob. As a text, for drivers give a boolean as they are told to. */
const placeColumn = `(bytes IS NOT NULL)::text AS inline`;

/** Where the bytes of a blob are, and those of a small one: to ask for them together costs less than to ask twice. */
export const placeAndText: string = `id, ${placeColumn},
  encode(CASE WHEN size <= ${smallBytes} THEN bytes END, 'base64') AS text`;

/** A blob that was found, with the bytes of a small one. */
export function storedBlob(database: Database, digest: Digest, size: number, found: Row): StoredBlob {
  const whole = { size, start: 0, end: size };
  const of = { digest, place: { id: String(found.id), inline: found.inline === 'true' } };
  // For the first who reads it; they are his then.
  let given = typeof found.text === 'string' ? found.text : undefined;
  const all = (signal: AbortSignal | undefined): AsyncIterable<Uint8Array> => {
    const own = given;
    given = undefined;
    return own === undefined ? readChunks(database, of, whole, signal) : onlySlice(own, of, size);
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
      return Promise.resolve(streamFrom((own) => readChunks(database, of, { size, start, end }, own), signal));
    },
  };
}

async function* onlySlice(text: string, of: ChunksOf, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (size > 0) yield bytesIn(text, of, 0, size);
}

async function* checked(chunks: AsyncIterable<Uint8Array>, check: ContentCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}

/**
 * The next statement is on its way while the bytes of one are looked at. More of them take more memory, and save little
 * time.
 */
const atOnce = 2;

/** Bytes of one row. */
interface Slice {
  readonly part: number;
  readonly from: number;
  readonly length: number;
  /** The bytes that the row must have. */
  readonly row: number;
}

/** The bytes of a range, in order, some of a row at a time. */
export async function* readChunks(
  database: Database,
  of: ChunksOf & { readonly place?: Place },
  range: ChunkRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const place = of.place ?? (await placeOf(database, of, signal));
  const reading: Promise<Uint8Array<ArrayBuffer>>[] = [];
  for (const slice of slicesOf(range)) {
    const read = readSlice(database, of, place, slice, signal);
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
    length = Math.min(sliceBytes - (from % sliceBytes), row - from, end - at);
    yield { part: Math.floor(at / chunkBytes), from, length, row };
  }
}

async function readSlice(
  database: Database,
  of: ChunksOf,
  place: Place,
  slice: Slice,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const found =
    (await rowAt(database, of, place, slice, signal)) ??
    // It was deleted, and may have been put again, under another name.
    (await rowAt(database, of, await placeOf(database, of, signal), slice, signal));
  const { part, length, row } = slice;
  const there = Number(found?.length ?? 0);
  if (there !== row) throw wrongLength(of, part, row, there);
  return bytesIn(found?.text, of, part, length);
}

async function rowAt(
  database: Database,
  of: ChunksOf,
  { id, inline }: Place,
  { part, from, length }: Slice,
  signal: AbortSignal | undefined,
): Promise<Row | undefined> {
  const { blobs, chunks } = database.tables;
  const { rows } = await database.run({
    ...about(of),
    text: `SELECT octet_length(bytes)::text AS length,
        encode(substring(bytes from $2::integer for $3::integer), 'base64') AS text
      FROM ${inline ? `${blobs} WHERE id = $1` : `${chunks} WHERE upload = $1 AND part = $4::integer`}`,
    values: [id, from + 1, length, ...(inline ? [] : [part])],
    signal,
  });
  return rows[0];
}

async function placeOf(database: Database, of: ChunksOf, signal: AbortSignal | undefined): Promise<Place> {
  const [column, key] = 'digest' in of ? ['digest', of.digest] : ['id', of.upload];
  const { rows } = await database.run({
    ...about(of),
    text: `SELECT id, ${placeColumn} FROM ${database.tables.blobs} WHERE ${column} = $1`,
    values: [key],
    signal,
  });
  if (rows[0] === undefined) throw gone(database, of);
  return { id: String(rows[0].id), inline: rows[0].inline === 'true' };
}

function about(of: ChunksOf): Pick<Statement, 'action' | 'what' | 'digest'> {
  return { action: 'read', what: nameOf(of), ...('digest' in of ? { digest: of.digest } : {}) };
}

/** The bytes of a text, where they are as many as they should be. */
function bytesIn(text: unknown, of: ChunksOf, part: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = bytesOfBase64(text);
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
