import type { Digest } from '../digest/digest.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/** Every blob of several stores, once. The digests are held in memory. */
export async function* listUnion(
  stores: readonly BlobStore[],
  options: OperationOptions,
): AsyncGenerator<BlobStat, void, undefined> {
  const seen = new Set<Digest>();
  for (const store of stores) {
    for await (const blob of store.list(options)) {
      if (seen.has(blob.digest)) continue;
      seen.add(blob.digest);
      yield blob;
    }
  }
}

/** Deletes a blob in several stores, in all of them also where one fails. True where one had it. */
export async function deleteFromAll(
  stores: readonly BlobStore[],
  digest: Digest,
  options: OperationOptions,
): Promise<boolean> {
  let deleted = false;
  const failures: unknown[] = [];
  for (const store of stores) {
    try {
      deleted = (await store.delete(digest, options)) || deleted;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return deleted;
}
