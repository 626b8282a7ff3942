import { AwsClient } from 'aws4fetch';
import { describe, it } from 'vitest';
import {
  s3BlobStore,
  s3RecordStore,
  type S3Credentials,
  type S3StoreOptions,
} from '../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../src/adapters/blob-store/s3/blob-key.ts';
import { blobStoreContract, recordStoreContract } from '../../src/testing/index.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { s3ServerKinds } from '../peers/s3-servers.ts';
import { useS3Server } from './use-s3-server.ts';

const cells = s3ServerKinds.flatMap((kind) =>
  (['path', 'virtual host', 'path, with aws4fetch'] as const).map((style) => [kind, style] as const),
);

function theirs({ accessKeyId, secretAccessKey }: S3Credentials): AwsClient {
  return new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1', retries: 0 });
}

describeWithPeers.each(cells)('S3 stores on %s by %s (W21)', { timeout: 60_000 }, (kind, style) => {
  const used = useS3Server(kind);
  const optionsOfCase = (): S3StoreOptions => {
    const { server } = used;
    return used.options({
      ...(style === 'path, with aws4fetch' && { client: theirs(server.credentials) }),
      ...(style === 'virtual host' && { endpoint: server.virtualEndpoint }),
      forcePathStyle: style !== 'virtual host',
      partSize: undefined,
    });
  };

  blobStoreContract(
    { describe, it },
    {
      name: `S3 on ${kind} by ${style}`,
      create: () => {
        const options = optionsOfCase();
        return Promise.resolve({
          store: s3BlobStore(options),
          reopen: () => Promise.resolve(s3BlobStore(options)),
          corrupt: async (digest, bytes) => {
            const url = `${used.server.endpoint}/${used.server.bucket}/${options.prefix ?? ''}/${nameOfBlob(digest)}`;
            await used.server.client.fetch(url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });
          },
        });
      },
    },
  );

  recordStoreContract(
    { describe, it },
    {
      name: `S3 on ${kind} by ${style}`,
      create: () => {
        const options = optionsOfCase();
        return Promise.resolve({
          store: s3RecordStore(options),
          reopen: () => Promise.resolve(s3RecordStore(options)),
        });
      },
    },
  );
});
