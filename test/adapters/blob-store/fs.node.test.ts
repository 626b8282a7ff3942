import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../../src/adapters/blob-store/fs.ts';
import { hexOf, algorithmOf, type Digest } from '../../../src/digest/digest.ts';
import { blobStoreContract, recordStoreContract } from '../../../src/testing/index.ts';

for (const durable of [false, true]) {
  const name = durable ? 'durable folder' : 'folder';
  blobStoreContract(
    { describe, it },
    {
      name,
      create: async () => {
        const directory = await mkdtemp(join(tmpdir(), 'packwright-blobs-'));
        const fileOf = (digest: Digest): string =>
          join(directory, 'blobs', algorithmOf(digest), hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
        return {
          store: fsBlobStore({ directory, durable }),
          corrupt: (digest, bytes) => writeFile(fileOf(digest), bytes),
          reopen: () => Promise.resolve(fsBlobStore({ directory, durable })),
          dispose: () => rm(directory, { recursive: true }),
        };
      },
    },
  );
  recordStoreContract(
    { describe, it },
    {
      name,
      create: async () => {
        const directory = await mkdtemp(join(tmpdir(), 'packwright-records-'));
        return {
          store: fsRecordStore({ directory, durable }),
          reopen: () => Promise.resolve(fsRecordStore({ directory, durable })),
          dispose: () => rm(directory, { recursive: true }),
        };
      },
    },
  );
}
