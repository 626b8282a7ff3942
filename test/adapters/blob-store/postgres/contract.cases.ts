import { beforeAll, describe, it, vi } from 'vitest';
import { postgresBlobStore, postgresRecordStore } from '../../../../src/adapters/blob-store/postgres.ts';
import { blobStoreContract, recordStoreContract } from '../../../../src/testing/index.ts';
import { corruptRows, newPrefix, pglite } from './pglite.ts';

// A whole database in WebAssembly: on a busy machine a megabyte takes a second.
vi.setConfig({ testTimeout: 60_000 });
beforeAll(async () => {
  await pglite();
});

blobStoreContract(
  { describe, it },
  {
    name: 'postgres in this process',
    create: async () => {
      const client = await pglite();
      const prefix = newPrefix();
      const open = (): ReturnType<typeof postgresBlobStore> => postgresBlobStore({ client, prefix });
      return {
        store: open(),
        reopen: () => Promise.resolve(open()),
        corrupt: (digest, bytes) => corruptRows(client, prefix, digest, bytes),
      };
    },
  },
);

recordStoreContract(
  { describe, it },
  {
    name: 'postgres in this process',
    create: async () => {
      const client = await pglite();
      const prefix = newPrefix();
      const open = (): ReturnType<typeof postgresRecordStore> => postgresRecordStore({ client, prefix });
      return { store: open(), reopen: () => Promise.resolve(open()) };
    },
  },
);
