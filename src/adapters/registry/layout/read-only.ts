import { UsageError } from '../../../errors.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';

/** The error of a write to what can only be read. */
export function refusedWrite(id: string): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `layout ${id} is read-only`, { hint: 'copy it to a layout folder first' });
}

/** The same blobs, to be read and not to be written. */
export function readOnlyBlobs(blobs: BlobStore): BlobStore {
  const refuse = (): Promise<never> => Promise.reject(refusedWrite(blobs.id));
  return {
    id: blobs.id,
    abilities: { ...blobs.abilities, ingest: false },
    put: refuse,
    delete: refuse,
    get: (digest, options) => blobs.get(digest, options),
    stat: (digest, options) => blobs.stat(digest, options),
    list: (options) => blobs.list(options),
  };
}
