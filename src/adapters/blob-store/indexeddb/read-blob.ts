import { streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { IntegrityError, StoreError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { checkRange } from '../../../bytes/check-range.ts';
import { checked } from '../shared/checked-chunks.ts';
import { pieceBytes } from '../shared/pieces.ts';
import { answerOf, type Database } from './database.ts';
import { blobEntry } from './entries.ts';

/** Whose chunks are read: those of a blob, or of an upload that has no digest yet. */
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

/** The bytes of a range, a chunk and a transaction at a time. */
export async function* readChunks(
  database: Database,
  of: ChunksOf,
  { size, start, end }: ChunkRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (let position = start; position < end;) {
    const part = Math.floor(position / pieceBytes);
    const chunk = await readChunk(database, of, part, signal);
    const expected = Math.min(pieceBytes, size - part * pieceBytes);
    if (chunk.length !== expected) throw wrongLength(of, part, expected, chunk.length);
    yield chunk.subarray(position - part * pieceBytes, end - part * pieceBytes);
    position = (part + 1) * pieceBytes;
  }
}

async function readChunk(
  database: Database,
  of: ChunksOf,
  part: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const what = 'digest' in of ? `blob ${of.digest}` : `ingest ${of.upload}`;
  const transaction = { stores: ['blobs', 'chunks'], mode: 'readonly', signal } as const;
  const digest = 'digest' in of ? of.digest : undefined;
  return database.run({ action: 'read', what, digest }, transaction, async (running) => {
    const upload = 'digest' in of ? (await blobEntry(running, of.digest))?.upload : of.upload;
    if (upload === undefined) throw gone(database, what, digest);
    const chunk = (await answerOf(running.objectStore('chunks').get([upload, part]))) as unknown;
    return chunk instanceof Uint8Array ? chunk : new Uint8Array();
  });
}

function gone(database: Database, what: string, digest: Digest | undefined): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `${what} was deleted while it was read`, {
    store: database.id,
    ...(digest === undefined ? {} : { digest }),
  });
}

function wrongLength(of: ChunksOf, part: number, expected: number, actual: number): IntegrityError {
  const what = 'digest' in of ? `blob ${of.digest}` : `ingest ${of.upload}`;
  return new IntegrityError('ERR_SIZE_MISMATCH', `chunk ${part} of ${what} has ${actual} bytes, expected ${expected}`, {
    expected: String(expected),
    actual: String(actual),
  });
}
