import { StoreError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';

/**
 * A blob store that can only be read.
 *
 * @throws StoreError (from `put` and `delete`) `ERR_STORE_WRITE`.
 */
export function readOnlyBlobStore(blobs: BlobStore): BlobStore {
  const refuse = (): Promise<never> =>
    Promise.reject(new StoreError('ERR_STORE_WRITE', `store ${blobs.id} can only be read`, { store: blobs.id }));
  return {
    id: blobs.id,
    abilities: { ...blobs.abilities, ingest: false },
    put: refuse,
    get: (digest, options) => blobs.get(digest, options),
    stat: (digest, options) => blobs.stat(digest, options),
    delete: refuse,
    list: (options) => blobs.list(options),
  };
}
