/**
 * A registry in memory.
 *
 * @module
 */
import { checkOptions } from '../../bytes/check-options.ts';
import type { Registry } from '../../ports/registry.ts';
import { storeRegistry } from '../../registry/store-registry.ts';
import { memoryBlobStore } from '../memory/memory-blob-store.ts';
import { memoryRecordStore } from '../memory/memory-record-store.ts';

/** A registry in memory: its name, and how much it may hold. */
export interface MemoryRegistryOptions {
  /** Names the registry in errors and events; `memory` by default. */
  readonly id?: string | undefined;
  /** Bytes of blobs that it may hold; more are refused with `ERR_STORE_QUOTA`. Unbounded by default. */
  readonly maxBytes?: number | undefined;
}

/**
 * A registry in memory, gone with the process. What {@link storeRegistry} promises holds for it.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function memoryRegistry(options: MemoryRegistryOptions = {}): Registry {
  checkOptions('memoryRegistry', options, ['id', 'maxBytes']);
  const { id = 'memory', maxBytes } = options;
  return storeRegistry({ id, blobs: memoryBlobStore({ maxBytes }), records: memoryRecordStore() });
}
