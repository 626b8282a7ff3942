import type { ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/**
 * Puts good bytes in the place of damaged ones. A store writes nothing where it has a blob, so the damaged one is
 * deleted first; where the store takes ingests, only after all good bytes are in.
 *
 * @throws IntegrityError where the new bytes are no better, StoreError where the store fails.
 */
export async function replaceBlob(
  blobs: BlobStore,
  digest: Digest,
  source: ByteSource,
  options: OperationOptions,
): Promise<void> {
  const ingest = await blobs.ingest?.(undefined, options);
  if (ingest === undefined) {
    await blobs.delete(digest, options);
    await blobs.put(digest, source, options);
    return;
  }
  try {
    await ingest.append(source, options);
    await blobs.delete(digest, options);
    await ingest.commit(digest, options);
  } finally {
    await ingest.abort();
  }
}
