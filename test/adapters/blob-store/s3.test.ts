import { describe, it } from 'vitest';
import { s3BlobStore, s3RecordStore, type S3StoreOptions } from '../../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../../src/adapters/blob-store/s3/blob-key.ts';
import { blobStoreContract, recordStoreContract } from '../../../src/testing/index.ts';
import { S3InMemory } from './s3/s3-in-memory.ts';

const optionsOf = ({ client, bucket, endpoint }: S3InMemory): S3StoreOptions => ({
  client,
  bucket,
  endpoint,
  prefix: 'p',
});

blobStoreContract(
  { describe, it },
  {
    name: 'S3',
    create: () => {
      const s3 = new S3InMemory();
      return Promise.resolve({
        store: s3BlobStore(optionsOf(s3)),
        reopen: () => Promise.resolve(s3BlobStore(optionsOf(s3))),
        corrupt: async (digest, bytes) => {
          const key = `p/${nameOfBlob(digest)}`;
          const found = s3.objects.get(key);
          if (found !== undefined) s3.objects.set(key, { ...found, bytes: new Uint8Array(bytes) });
          return Promise.resolve();
        },
      });
    },
  },
);

recordStoreContract(
  { describe, it },
  {
    name: 'S3',
    create: () => {
      const s3 = new S3InMemory();
      return Promise.resolve({
        store: s3RecordStore(optionsOf(s3)),
        reopen: () => Promise.resolve(s3RecordStore({ ...optionsOf(s3), atomicDelete: true })),
      });
    },
  },
);
