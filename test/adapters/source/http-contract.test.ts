import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'vitest';
import { httpSource } from '../../../src/adapters/source/http.ts';
import { sourceContract } from '../../../src/testing/index.ts';
import { someBytes } from '../../../src/testing/bytes.ts';

sourceContract(
  { describe, it },
  {
    name: 'httpSource',
    create: async () => {
      const bytes = someBytes(200_000);
      const server = createServer((request, response) => {
        if (request.url === '/pkg.tgz') response.end(bytes);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return {
        source: httpSource(),
        artifact: { name: 'pkg@1.0.0', location: `${url}/pkg.tgz`, digests: [] },
        bytes,
        missing: { name: 'pkg@2.0.0', location: `${url}/missing.tgz`, digests: [] },
        dispose: () => {
          server.closeAllConnections();
          return new Promise<void>((resolve) => server.close(() => resolve()));
        },
      };
    },
  },
);
