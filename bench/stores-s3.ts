import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { bytesSource } from 'packwright';
import { s3BlobStore, s3Client } from 'packwright/blob-store/s3';
import type { Digest } from 'packwright/digest';
import { fileBytes } from 'packwright/source/file';
import { nodeTransport } from 'packwright/transport/node';
import { startS3Server, type S3Server } from '../test/peers/s3-servers.ts';
import type { Contender, Figure } from './measure.ts';
import { findProgram } from './programs.ts';
import { bundleAmounts } from './stores-bundle.ts';
import { drain, eightAtOnce, makeLargeBlob, makeSmallBlobs, type LargeBlob, type SmallBlob } from './stores-load.ts';
import { removeTree } from './work-folder.ts';

interface Sizes {
  readonly mib: number;
  readonly blobs: number;
}

type MakeFigure = (folder: string, sizes: Sizes) => Promise<Figure>;

/** A way to keep blobs in a bucket. */
interface Way {
  readonly name: string;
  putFile(blob: LargeBlob): Promise<void>;
  putBytes(blob: SmallBlob): Promise<void>;
  read(digest: Digest, size: number): Promise<void>;
  close(): Promise<void>;
}

/** Parts of a large blob: as large, and as many at a time, for both. */
const parts = { partSize: 8 << 20, inFlight: 4 };

/** packwright's store on S3 beside the AWS SDK for JavaScript, on one versitygw. */
export const s3Figures: Readonly<Record<string, MakeFigure>> = {
  's3-put-blob': (folder, { mib }) =>
    s3Figure(folder, `put of a blob of ${mib} MiB`, async (way, server) => {
      const blob = await largeBlob(folder, mib);
      return { reset: () => emptied(server, folder), run: () => way.putFile(blob) };
    }),
  's3-get-blob': (folder, { mib }) =>
    s3Figure(folder, `get of a blob of ${mib} MiB`, async (way) => {
      const blob = await largeBlob(folder, mib);
      await way.putFile(blob);
      return { run: () => way.read(blob.digest, blob.size) };
    }),
  's3-put-blobs': (folder, { blobs }) => {
    const all = makeSmallBlobs(blobs);
    return s3Figure(folder, `put of ${blobs} blobs of 100 KB, 8 at a time`, async (way, server) => ({
      reset: () => emptied(server, folder),
      run: () => eightAtOnce(all, (blob) => way.putBytes(blob)),
    }));
  },
  's3-get-blobs': (folder, { blobs }) => {
    const all = makeSmallBlobs(blobs);
    return s3Figure(folder, `get of ${blobs} blobs of 100 KB, 8 at a time`, async (way) => {
      await eightAtOnce(all, (blob) => way.putBytes(blob));
      return { run: () => eightAtOnce(all, ({ digest, bytes }) => way.read(digest, bytes.length)) };
    });
  },
  's3-bundle': () => Promise.resolve({ name: 'what a client of S3 weighs', comparisons: [], amounts: bundleAmounts }),
};

type MakeJob = (way: Way, server: S3Server) => Promise<{ reset?: () => Promise<void>; run: () => Promise<void> }>;

async function s3Figure(folder: string, title: string, makeJob: MakeJob): Promise<Figure> {
  const name = `${title}, S3 of versitygw`;
  if (findProgram('versitygw') === undefined) return { name, comparisons: [], missing: ['versitygw'] };
  const server = await startS3Server('versitygw', join(folder, 's3'));
  const ways = [ourWay(server), ourWay(server, globalThis.fetch), sdkWay(server)];
  const [ours, byFetch, peer] = (await Promise.all(
    ways.map(async (way): Promise<Contender> => {
      const { reset, run } = await makeJob(way, server);
      return { name: way.name, reset, run };
    }),
  )) as [Contender, Contender, Contender];
  const comparisons = [
    { ours, peer, goal: 1 },
    { ours: byFetch, peer },
  ];
  const close = async (): Promise<void> => {
    await Promise.all(ways.map((way) => way.close()));
    await server.stop();
  };
  return { name, comparisons, close };
}

/** Our store. What it puts is checked on its way, and what it reads as well. */
function ourWay({ endpoint, bucket, credentials }: S3Server, fetch?: typeof globalThis.fetch): Way {
  const transport = nodeTransport();
  const client = s3Client({ credentials, fetch: fetch ?? transport.fetch });
  const { partSize, inFlight: partsInFlight } = parts;
  const prefix = fetch === undefined ? 'ours' : 'ours-by-fetch';
  const store = s3BlobStore({ client, endpoint, bucket, prefix, partSize, partsInFlight });
  return {
    name: fetch === undefined ? 'packwright' : 'packwright (global fetch)',
    putFile: async ({ path, digest }) => {
      await store.put(digest, await fileBytes(path));
    },
    putBytes: async ({ bytes, digest }) => {
      await store.put(digest, bytesSource(bytes));
    },
    read: async (digest, size) => {
      const blob = await store.get(digest);
      if (blob === undefined) throw new Error(`${digest} is not there`);
      await drain(await blob.open(), size);
    },
    close: () => transport.close(),
  };
}

/** The SDK as it comes. It sends a CRC-32 with what it puts; of what it reads nothing is checked. */
function sdkWay({ endpoint, bucket: Bucket, credentials: { accessKeyId, secretAccessKey } }: S3Server): Way {
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
  const keyOf = (digest: Digest): string => `sdk/${digest.replace(':', '/')}`;
  const { partSize, inFlight: queueSize } = parts;
  return {
    name: 'aws-sdk',
    putFile: async ({ path, digest }) => {
      const params = { Bucket, Key: keyOf(digest), Body: createReadStream(path, { highWaterMark: 1 << 20 }) };
      await new Upload({ client, params, partSize, queueSize }).done();
    },
    putBytes: async ({ bytes, digest }) => {
      await client.send(new PutObjectCommand({ Bucket, Key: keyOf(digest), Body: bytes }));
    },
    read: async (digest, size) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(digest) }));
      await drain(Body as AsyncIterable<Uint8Array>, size);
    },
    close: () => {
      client.destroy();
      return Promise.resolve();
    },
  };
}

const files = new Map<string, Promise<LargeBlob>>();

/** One for all who put it. */
function largeBlob(folder: string, mib: number): Promise<LargeBlob> {
  const known = files.get(folder) ?? makeLargeBlob(join(folder, 'large'), mib);
  files.set(folder, known);
  return known;
}

/** Takes the objects away behind the back of the server, which keeps nothing else of them. */
async function emptied({ bucket }: S3Server, folder: string): Promise<void> {
  for (const prefix of ['ours', 'ours-by-fetch', 'sdk']) await removeTree(join(folder, 's3', 'state', bucket, prefix));
  // The disk goes on with it for a while.
  await sleep(100);
}
