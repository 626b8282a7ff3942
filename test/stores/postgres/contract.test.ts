import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { postgresBlobStore, postgresRecordStore } from '../../../src/adapters/blob-store/postgres.ts';
import type { Registry } from '../../../src/ports/registry.ts';
import { storeRegistry } from '../../../src/registry/index.ts';
import { blobStoreContract, recordStoreContract, registryContract } from '../../../src/testing/index.ts';
import { corruptRows, newPrefix } from '../../adapters/blob-store/postgres/pglite.ts';
import { describeWithPeers } from '../../interop/peers.ts';
import { startPostgres, type PostgresServer } from '../../peers/postgres-server.ts';
import { clients, type OpenClient } from './clients.ts';

// With a connection for each statement, a case of some hundreds takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describeWithPeers.each(Object.entries(clients))('postgres through %s', (name, connect) => {
  let server: PostgresServer;
  let open: OpenClient;
  beforeAll(async () => {
    server = await startPostgres(['fsync=off']);
    open = connect(server.url);
  });
  afterAll(async () => {
    await open.close();
    await server.stop();
  });
  blobStoreContract(
    { describe, it },
    {
      name,
      create: () => {
        const { client, transaction } = open;
        const prefix = newPrefix();
        return Promise.resolve({
          store: postgresBlobStore({ client, prefix, transaction }),
          reopen: () => Promise.resolve(postgresBlobStore({ client, prefix, transaction })),
          corrupt: (digest, bytes) => corruptRows(client, prefix, digest, bytes),
        });
      },
    },
  );
  recordStoreContract(
    { describe, it },
    {
      name,
      create: () => {
        const { client } = open;
        const prefix = newPrefix();
        return Promise.resolve({
          store: postgresRecordStore({ client, prefix }),
          reopen: () => Promise.resolve(postgresRecordStore({ client, prefix })),
        });
      },
    },
  );
  registryContract(
    { describe, it },
    {
      name: `a registry over Postgres through ${name}`,
      create: () => {
        const options = { client: open.client, prefix: newPrefix() };
        const make = (): Registry =>
          storeRegistry({ blobs: postgresBlobStore(options), records: postgresRecordStore(options) });
        return Promise.resolve({ registry: make(), reopen: () => Promise.resolve(make()) });
      },
    },
  );
});
