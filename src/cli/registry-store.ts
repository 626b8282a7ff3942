import { UsageError } from '../errors.ts';
import type { OperationOptions } from '../ports/index.ts';
import { registryRoots, storeRegistry, type RegistryRoot } from '../registry/index.ts';
import type { CommandContext } from './context.ts';
import { openStore, type OpenStore } from './open-store.ts';

/** Opens a store for a piece of work, and gives its connections back at the end. */
export async function withStore<T>(
  text: string,
  context: CommandContext,
  work: (store: OpenStore) => Promise<T>,
): Promise<T> {
  const store = await openStore(text, context);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/**
 * What the repositories of a store's registry name. It is read when it is iterated.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where the store has no repositories: to take that for "nothing is named" would
 * empty a store that somebody keeps blobs in without a registry, or that was migrated without its records.
 */
export async function registryRootsOf(
  { id, blobs, records }: OpenStore,
  operation: OperationOptions,
  skipDamaged = false,
): Promise<AsyncIterable<RegistryRoot>> {
  for await (const name of storeRegistry({ blobs, records }).repositories({ ...operation, limit: 1 })) {
    if (name !== '') return registryRoots({ blobs, records, skipDamaged, signal: operation.signal });
  }
  throw new UsageError('ERR_INVALID_ARGUMENT', `store ${id} has no repositories, expected those of a registry`, {
    argument: 'store',
    hint: 'nothing says which of its blobs must stay; migrate copies blobs, and not the repositories that name them',
  });
}
