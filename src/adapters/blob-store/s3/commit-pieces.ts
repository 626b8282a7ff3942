import { streamSource } from '../../../bytes/source.ts';
import { streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import { findByWriter } from './blob-objects.ts';
import type { S3Bucket } from './bucket.ts';
import { maxParts, Multipart } from './multipart.ts';
import { blobTarget, completeBlob, writeBlob } from './put-blob.ts';
import { chunksOfPieces, type Piece } from './pieces.ts';

/**
 * Makes one blob of pieces whose digest was checked. Where they can be parts as they are, the server copies them;
 * else, or where it does not copy parts, they are read, and written as any blob.
 */
export async function commitPieces(
  bucket: S3Bucket,
  digest: Digest,
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (await findByWriter(bucket, digest, signal)) return false;
  const copied = areParts(pieces, bucket.settings.partSize)
    ? await copyParts(bucket, digest, pieces, signal)
    : undefined;
  if (copied !== undefined) return copied;
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  const source = streamSource((ended) => streamFrom((own) => chunksOfPieces(bucket, pieces, own), ended), { size });
  return writeBlob(bucket, digest, source, signal);
}

/** Parts have one size, the last one excepted. */
function areParts(pieces: readonly Piece[], partSize: number): boolean {
  const full = pieces.slice(0, -1);
  return full.length > 0 && pieces.length <= maxParts && full.every(({ size }) => size === partSize);
}

/** Undefined where the server refuses to copy. */
async function copyParts(
  bucket: S3Bucket,
  digest: Digest,
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const multipart = await Multipart.begin(bucket, blobTarget(bucket, digest, signal));
  let copied = false;
  try {
    await copyAll(bucket, multipart, pieces);
    copied = true;
    return await completeBlob(bucket, digest, multipart, signal);
  } catch (error) {
    await multipart.abort();
    signal?.throwIfAborted();
    if (!copied && isRefused(error)) return undefined;
    throw error;
  }
}

async function copyAll(bucket: S3Bucket, multipart: Multipart, pieces: readonly Piece[]): Promise<void> {
  const left = [...pieces.entries()];
  const copySome = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await multipart.copy(next[0], bucket.keyOf(next[1].name));
    }
  };
  await Promise.all(Array.from({ length: bucket.settings.partsInFlight }, copySome));
}

/**
 * True for what servers say that do not copy parts, in different words: gofakes3 1.2 with 411, as the part has no bytes,
 * s3rver 3.7 with 501, others take a part without bytes. What the credentials do not allow is an error.
 */
function isRefused(error: unknown): boolean {
  if (!(error instanceof StoreError) || error.retryable) return false;
  return [200, 400, 405, 411, 501].includes(Number(error.details.status));
}
