import { postgresBlobStore, postgresRecordStore } from 'packwright/blob-store/postgres';
import { blobStoreContract, recordStoreContract } from 'packwright/testing';
import { corruptRows } from '../../adapters/blob-store/postgres/tables.ts';
import type { OpenClient } from '../../stores/postgres/clients.ts';
import type { Suites } from './contract-outcomes.ts';
import { openedTwice } from './opened-twice.ts';

/** Tables that no case of another runtime uses, on the same server. */
const freshPrefix = (): string => `t${crypto.randomUUID().slice(0, 8)}_`;

/** The contracts over a database, each case with tables of its own. */
export function postgresSuites(name: string, open: () => Promise<Pick<OpenClient, 'client' | 'transaction'>>): Suites {
  return {
    [`postgresBlobStore, ${name}`]: (runner) =>
      blobStoreContract(runner, {
        name,
        create: async () => {
          const { client, transaction } = await open();
          const options = { client, transaction, prefix: freshPrefix() };
          return {
            ...openedTwice(() => postgresBlobStore(options)),
            corrupt: (digest, bytes) => corruptRows(client, options.prefix, digest, bytes),
          };
        },
      }),
    [`postgresRecordStore, ${name}`]: (runner) =>
      recordStoreContract(runner, {
        name,
        create: async () => {
          const options = { client: (await open()).client, prefix: freshPrefix() };
          return openedTwice(() => postgresRecordStore(options));
        },
      }),
  };
}
