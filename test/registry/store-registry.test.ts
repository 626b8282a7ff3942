import { describe, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import { registryContract } from '../../src/testing/index.ts';

registryContract(
  { describe, it },
  {
    name: 'storeRegistry over memory',
    create: () => {
      const stores = { blobs: memoryBlobStore(), records: memoryRecordStore() };
      return Promise.resolve({
        registry: storeRegistry(stores),
        reopen: () => Promise.resolve(storeRegistry(stores)),
      });
    },
  },
);
