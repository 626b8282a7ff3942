import { s3BlobStore, s3Client, s3RecordStore, type S3StoreOptions } from 'packwright/blob-store/s3';
import { blobStoreContract, recordStoreContract } from 'packwright/testing';
import type { Suites } from './contract-outcomes.ts';
import { openedTwice } from './opened-twice.ts';
import type { Bucket } from './store-world.ts';

/** The contracts over S3, from whatever runs this. */
export function s3Suites({ credentials, ...where }: Bucket): Suites {
  const client = s3Client({ credentials });
  const optionsOf = (): S3StoreOptions => ({ ...where, client, prefix: `case/${crypto.randomUUID()}` });
  return {
    s3BlobStore: (runner) =>
      blobStoreContract(runner, {
        name: 's3BlobStore',
        create: () => {
          const options = optionsOf();
          return Promise.resolve({
            ...openedTwice(() => s3BlobStore(options)),
            corrupt: async (digest, bytes) => {
              const [algorithm, hex = ''] = digest.split(':');
              const name = `${options.prefix ?? ''}/${algorithm}/${hex.slice(0, 2)}/${hex}`;
              const url = `${where.endpoint}/${where.bucket}/${name}`;
              await client.fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });
            },
          });
        },
      }),
    s3RecordStore: (runner) =>
      recordStoreContract(runner, {
        name: 's3RecordStore',
        create: () => {
          const options = optionsOf();
          return Promise.resolve(openedTwice(() => s3RecordStore(options)));
        },
      }),
  };
}
