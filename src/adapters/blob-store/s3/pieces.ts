import { chunksOf } from '../../../bytes/stream.ts';
import { IntegrityError } from '../../../errors.ts';
import { download } from '../../../http/download.ts';
import type { S3Bucket } from './bucket.ts';
import { listObjects } from './list-objects.ts';
import { removeObject } from './remove-object.ts';
import type { S3Action } from './s3-failure.ts';

/** Bytes of an ingest: an object that is written once. */
export interface Piece {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** Begins the names of all objects of all ingests. */
export const ingestsFolder = 'ingests/';

export function ingestFolder(id: string): string {
  return `${ingestsFolder}${id}/`;
}

export function ingestAction(id: string): S3Action {
  return { code: 'ERR_STORE_WRITE', what: `writing ingest ${id}` };
}

/** The bytes that an ingest has; undefined where there is no such ingest. */
export async function listIngest(
  bucket: S3Bucket,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly pieces: readonly Piece[]; readonly size: number } | undefined> {
  const folder = ingestFolder(id);
  const pieces: Piece[] = [];
  let there = false;
  let size = 0;
  for await (const { name, size: length } of listObjects(bucket, folder, { action: ingestAction(id), signal })) {
    there = true;
    const offset = Number(/^(\d{15})-[0-9a-f]{16}$/.exec(name.slice(folder.length))?.[1] ?? NaN);
    // What a failed append left has no neighbour, or one that was written again in its place.
    if (offset !== size || length === 0) continue;
    pieces.push({ name, offset, size: length });
    size += length;
  }
  return there ? { pieces, size } : undefined;
}

/** The bytes of pieces, one after the other. */
export async function* chunksOfPieces(
  bucket: S3Bucket,
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const action: S3Action = { code: 'ERR_STORE_READ', what: 'reading an ingest' };
  for (const { name, size } of pieces) {
    let seen = 0;
    try {
      const { stream } = await download(bucket.http, bucket.url(bucket.keyOf(name)), { signal, size });
      for await (const chunk of chunksOf(stream, { signal })) {
        seen += chunk.length;
        yield chunk;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw bucket.failure(error, action);
    }
    if (seen !== size) throw wrongSize(size, seen);
  }
}

function wrongSize(expected: number, actual: number): IntegrityError {
  return new IntegrityError('ERR_SIZE_MISMATCH', `piece of an ingest has ${actual} bytes, expected ${expected}`, {
    expected: String(expected),
    actual: String(actual),
  });
}

/** Removes all objects of an ingest. */
export async function removeIngest(bucket: S3Bucket, id: string): Promise<void> {
  const action = ingestAction(id);
  const names = [];
  for await (const { name } of listObjects(bucket, ingestFolder(id), { action })) names.push(name);
  await Promise.all(names.map((name) => removeObject(bucket, name, action)));
}
