import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import { registryContract } from '../../src/testing/index.ts';

registryContract(
  { describe, it },
  {
    name: 'storeRegistry over fs',
    create: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'packwright-registry-'));
      const open = () => storeRegistry({ blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }) });
      return {
        registry: open(),
        reopen: () => Promise.resolve(open()),
        dispose: () => rm(directory, { recursive: true }),
      };
    },
  },
);
