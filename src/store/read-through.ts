import { chunksOf } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/**
 * Reads a blob to its end, where its bytes have been checked, and gives its size; undefined where there is none.
 *
 * @param onBytes - Is told how many bytes each chunk has.
 * @throws IntegrityError for other bytes, StoreError where they cannot be read.
 */
export async function readThrough(
  blobs: BlobStore,
  digest: Digest,
  options: OperationOptions,
  onBytes?: (count: number) => void,
): Promise<number | undefined> {
  const blob = await blobs.get(digest, options);
  if (blob === undefined) return undefined;
  let size = 0;
  for await (const { length } of chunksOf(await blob.open(options), options)) {
    size += length;
    onBytes?.(length);
  }
  return size;
}
