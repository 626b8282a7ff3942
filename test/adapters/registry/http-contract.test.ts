import { describe, it } from 'vitest';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../src/adapters/registry/server.ts';
import type { Registry } from '../../../src/ports/registry.ts';
import { registryContract } from '../../../src/testing/registry-contract.ts';

registryContract(
  { describe, it },
  {
    name: 'httpRegistry over registryServer',
    create: () => {
      const handler = registryServer({ registry: memoryRegistry() });
      const open = (): Registry =>
        httpRegistry({
          host: 'registry.example',
          fetch: (input, init) => handler(new Request(input, init)),
        });
      return Promise.resolve({ registry: open(), reopen: () => Promise.resolve(open()) });
    },
  },
);
