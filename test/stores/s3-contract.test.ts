import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  s3BlobStore,
  s3RecordStore,
  type S3Credentials,
  type S3StoreOptions,
} from '../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../src/adapters/blob-store/s3/blob-key.ts';
import { blobStoreContract, recordStoreContract } from '../../src/testing/index.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { s3ServerKinds, startS3Server, type S3Server } from '../peers/s3-servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-s3-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cells = s3ServerKinds.flatMap((kind) =>
  (['path', 'virtual host', 'path, with aws4fetch'] as const).map((style) => [kind, style] as const),
);
let prefixes = 0;

function theirs({ accessKeyId, secretAccessKey }: S3Credentials): AwsClient {
  return new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1', retries: 0 });
}

describeWithPeers.each(cells)('S3 stores on %s by %s (W21)', { timeout: 60_000 }, (kind, style) => {
  let server: S3Server;
  beforeAll(async () => {
    const home = join(folder, `${kind} ${style}`);
    mkdirSync(home);
    server = await startS3Server(kind, home);
  });
  afterAll(() => server.stop());

  const optionsFor = (prefix: string): S3StoreOptions => ({
    client: style === 'path, with aws4fetch' ? theirs(server.credentials) : server.client,
    bucket: server.bucket,
    endpoint: style === 'virtual host' ? server.virtualEndpoint : server.endpoint,
    forcePathStyle: style !== 'virtual host',
    prefix,
  });

  blobStoreContract(
    { describe, it },
    {
      name: `S3 on ${kind} by ${style}`,
      create: () => {
        const options = optionsFor(`case/${++prefixes}`);
        return Promise.resolve({
          store: s3BlobStore(options),
          reopen: () => Promise.resolve(s3BlobStore(options)),
          corrupt: async (digest, bytes) => {
            const url = `${server.endpoint}/${server.bucket}/${options.prefix ?? ''}/${nameOfBlob(digest)}`;
            await server.client.fetch(url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });
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
        const options = optionsFor(`case/${++prefixes}`);
        return Promise.resolve({
          store: s3RecordStore(options),
          reopen: () => Promise.resolve(s3RecordStore(options)),
        });
      },
    },
  );
});
