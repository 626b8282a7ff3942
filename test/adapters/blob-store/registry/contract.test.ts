import { describe, it } from 'vitest';
import { registryBlobStore } from '../../../../src/adapters/blob-store/registry.ts';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import type { BlobStore } from '../../../../src/ports/blob-store.ts';
import type { Registry } from '../../../../src/ports/registry.ts';
import { blobStoreContract } from '../../../../src/testing/index.ts';

const storeIn = (registry: Registry): BlobStore => registryBlobStore({ registry, repository: 'team/blobs' });

blobStoreContract(
  { describe, it },
  {
    name: 'a repository of a registry in memory',
    create: () => {
      const registry = memoryRegistry();
      return Promise.resolve({ store: storeIn(registry), reopen: () => Promise.resolve(storeIn(registry)) });
    },
  },
);

blobStoreContract(
  { describe, it },
  {
    name: 'a repository of a registry over HTTP',
    create: () => {
      const handler = registryServer({ registry: memoryRegistry() });
      const open = (): BlobStore =>
        storeIn(httpRegistry({ host: 'registry.example', fetch: (input, init) => handler(new Request(input, init)) }));
      return Promise.resolve({ store: open(), reopen: () => Promise.resolve(open()) });
    },
  },
);
