import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createHash, digestOf, type Digest } from 'packwright/digest';
import pMap from 'p-map';
import { makeLargeFile } from './inputs.ts';

/** A blob in a file. */
export interface LargeBlob {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/** A blob in memory. */
export interface SmallBlob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: Digest;
}

/** Writes a blob of so many MiB to a file. */
export async function makeLargeBlob(path: string, mebibytes: number): Promise<LargeBlob> {
  await makeLargeFile(path, mebibytes);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return { path, digest: hash.digest(), size: mebibytes * 1024 * 1024 };
}

/** So many blobs of 100 KB, no two alike. */
export function makeSmallBlobs(count: number, size = 100_000): readonly SmallBlob[] {
  return Array.from({ length: count }, () => {
    const bytes = new Uint8Array(randomBytes(size));
    return { bytes, digest: digestOf(bytes) };
  });
}

/** Requests that each of the contenders has under way. */
export const atOnce = 8;

/** Does the same to every one of them, eight at a time. */
export async function eightAtOnce<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  await pMap(all, work, { concurrency: atOnce });
}

/** Reads to the end, and keeps nothing. */
export async function drain(chunks: AsyncIterable<Uint8Array>, size: number): Promise<void> {
  let read = 0;
  for await (const { length } of chunks) read += length;
  if (read !== size) throw new Error(`${read} bytes were read of ${size}`);
}
