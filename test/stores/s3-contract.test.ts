import { describe, it } from 'vitest';
import { s3BlobStore, s3RecordStore, type S3StoreOptions } from '../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../src/adapters/blob-store/s3/blob-key.ts';
import { blobStoreContract, recordStoreContract } from '../../src/testing/index.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { s3ServerKinds } from '../peers/s3-servers.ts';
import { openedTwice } from '../runtimes/stores/opened-twice.ts';
import { awsClient } from './aws-client.ts';
import { useS3Server } from './use-s3-server.ts';

const cells = s3ServerKinds.flatMap((kind) =>
  (['path', 'virtual host', 'path, with aws4fetch'] as const).map((style) => [kind, style] as const),
);

describeWithPeers.each(cells)('S3 stores on %s by %s (W21)', { timeout: 60_000 }, (kind, style) => {
  const used = useS3Server(kind);
  const optionsOfCase = (): S3StoreOptions => {
    const { server } = used;
    return used.options({
      ...(style === 'path, with aws4fetch' && { client: awsClient(server.credentials) }),
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
          ...openedTwice(() => s3BlobStore(options)),
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
        return Promise.resolve(openedTwice(() => s3RecordStore(options)));
      },
    },
  );
});
