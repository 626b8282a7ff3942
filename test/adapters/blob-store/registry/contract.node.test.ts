import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { registryBlobStore } from '../../../../src/adapters/blob-store/registry.ts';
import { layoutRegistry } from '../../../../src/adapters/registry/layout.ts';
import type { BlobStore } from '../../../../src/ports/blob-store.ts';
import { blobStoreContract } from '../../../../src/testing/index.ts';

blobStoreContract(
  { describe, it },
  {
    name: 'a repository of layouts',
    create: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'packwright-blobs-'));
      const open = (): BlobStore =>
        registryBlobStore({ registry: layoutRegistry({ directory }), repository: 'team/store' });
      return {
        store: open(),
        reopen: () => Promise.resolve(open()),
        corrupt: (digest, bytes) => writeFile(join(directory, 'team/store/blobs', digest.replace(':', '/')), bytes),
        dispose: () => rm(directory, { recursive: true }),
      };
    },
  },
);
