import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fsBlobStore, fsRecordStore } from 'packwright/blob-store/fs';
import { algorithmOf, hexOf } from 'packwright/digest';
import { blobStoreContract, recordStoreContract } from 'packwright/testing';
import type { Suites } from './contract-outcomes.ts';
import { openedTwice } from './opened-twice.ts';

/** The contracts over folders that lie in one. */
export function fsSuites(folder: string): Suites {
  const fresh = (): string => join(folder, crypto.randomUUID());
  return {
    fsBlobStore: (runner) =>
      blobStoreContract(runner, {
        name: 'fs',
        create: () => {
          const directory = fresh();
          return Promise.resolve({
            ...openedTwice(() => fsBlobStore({ directory })),
            corrupt: (digest, bytes) => {
              const hex = hexOf(digest);
              return writeFile(join(directory, 'blobs', algorithmOf(digest), hex.slice(0, 2), hex.slice(2)), bytes);
            },
            dispose: () => rm(directory, { recursive: true, force: true }),
          });
        },
      }),
    fsRecordStore: (runner) =>
      recordStoreContract(runner, {
        name: 'fs',
        create: () => {
          const directory = fresh();
          return Promise.resolve({
            ...openedTwice(() => fsRecordStore({ directory })),
            dispose: () => rm(directory, { recursive: true, force: true }),
          });
        },
      }),
  };
}
