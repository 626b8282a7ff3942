import { isPackError, UsageError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { MigrationNames } from './migration-state.ts';

/**
 * Fails where two stores are one, whatever they are called: a link to a folder, two names of one server. What is begun
 * in the one and not finished can be gone on with in the other then, and nobody sees a blob of it.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`. StoreError where a store fails.
 */
export async function refuseSameStore(
  { from, to }: { readonly from: BlobStore; readonly to: BlobStore },
  names: MigrationNames,
  options: OperationOptions,
): Promise<void> {
  if (from === to) throw sameStore(names);
  const begun = await to.ingest?.(undefined, options);
  if (begun === undefined) return;
  try {
    if (await knowsIngest(from, begun.id, options)) throw sameStore(names);
  } finally {
    await begun.abort();
  }
}

async function knowsIngest(blobs: BlobStore, id: string, options: OperationOptions): Promise<boolean> {
  try {
    const found = await blobs.ingest?.(id, options);
    await found?.abort();
    return found !== undefined;
  } catch (error) {
    if (!isPackError(error)) throw error;
    if (error.code === 'ERR_BLOB_NOT_FOUND') return false;
    // Somebody has it: that is us.
    if (error.code === 'ERR_CONFLICT') return true;
    throw error;
  }
}

function sameStore({ from, to }: MigrationNames): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `stores ${from} and ${to} are one store`, {
    argument: 'to',
    hint: 'to delete from the one would empty the other',
  });
}
