import { describe, it } from 'vitest';
import { registryBlobStore } from '../../../../src/adapters/blob-store/registry.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { blobStoreContract } from '../../../../src/testing/index.ts';

blobStoreContract(
  { describe, it },
  {
    name: 'a repository of a registry in memory',
    create: () => {
      const registry = memoryRegistry();
      const open = () => registryBlobStore({ registry, repository: 'team/blobs' });
      return Promise.resolve({ store: open(), reopen: () => Promise.resolve(open()) });
    },
  },
);
