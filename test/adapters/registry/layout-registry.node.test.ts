import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { layoutRegistry } from '../../../src/adapters/registry/layout.ts';
import { registryContract } from '../../../src/testing/index.ts';

registryContract(
  { describe, it },
  {
    name: 'layouts',
    create: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'packwright-layouts-'));
      return {
        registry: layoutRegistry({ directory }),
        reopen: () => Promise.resolve(layoutRegistry({ directory })),
        dispose: () => rm(directory, { recursive: true }),
      };
    },
  },
);
