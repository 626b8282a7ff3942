import { describe, it } from 'vitest';
import { listen } from '../../../src/adapters/node/http-listener.ts';
import { httpRegistry } from '../../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../src/adapters/registry/server.ts';
import type { Registry } from '../../../src/ports/registry.ts';
import { registryContract } from '../../../src/testing/registry-contract.ts';

registryContract(
  { describe, it },
  {
    name: 'httpRegistry over a socket',
    create: async () => {
      const server = await listen(registryServer({ registry: memoryRegistry() }), { grace: 0 });
      const open = (): Registry => httpRegistry({ host: server.url.host });
      return { registry: open(), reopen: () => Promise.resolve(open()), dispose: server.close };
    },
  },
);
