import { join } from 'node:path';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { postgresBlobStore, postgresRecordStore } from '../../src/adapters/blob-store/postgres.ts';
import { s3BlobStore, s3RecordStore } from '../../src/adapters/blob-store/s3.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import type { BlobStore, RecordStore } from '../../src/ports/index.ts';
import { chunkedSource, contentOf, someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { postgresOwner, startPostgres, type PostgresServer } from '../peers/postgres-server.ts';
import { startS3Server } from '../peers/s3-servers.ts';
import { smallDisk, type SmallDisk } from '../peers/small-disk.ts';

vi.setConfig({ testTimeout: 180_000 });

const noDisk = 'no disk may be mounted here, not even in a namespace';
const before = someBytes(200_000);
const [small, large, loose] = [someBytes(400_000, 2), someBytes(12 << 20, 3), someBytes(8 << 20, 4)] as const;

interface Stores {
  readonly blobs: BlobStore & { sweepAbandoned(options: { olderThanSeconds: number }): Promise<unknown> };
  readonly records: RecordStore;
}

async function sizes(blobs: BlobStore): Promise<number[]> {
  const all: number[] = [];
  for await (const { size } of blobs.list()) all.push(size);
  return all.sort((a, b) => a - b);
}

async function digestIn(blobs: BlobStore, digest: Digest): Promise<Digest | undefined> {
  const found = await blobs.get(digest);
  return found && digestOf(await contentOf(await found.open()));
}

/** Everything that writes, over a disk that has no room for it, and then over one that has. */
async function tryFull(disk: SmallDisk, { blobs, records }: Stores, message: RegExp): Promise<void> {
  await blobs.put(digestOf(before), bytesSource(before));
  await records.put('a', utf8('1'), { ifVersion: null });
  const writes: Record<string, () => Promise<unknown>> = {
    'a small blob': () => blobs.put(digestOf(small), bytesSource(small)),
    'a large blob': () => blobs.put(digestOf(large), chunkedSource(large, [1 << 18])),
    'an ingest': async () => {
      const ingest = await blobs.ingest?.();
      await ingest?.append(bytesSource(loose));
      return ingest?.commit('sha256');
    },
    'a record': () => records.put('b', someBytes(200_000, 5), { ifVersion: null }),
  };
  const names: Readonly<Record<string, RegExp>> = {
    'a small blob': new RegExp(digestOf(small)),
    'a large blob': new RegExp(digestOf(large)),
    'an ingest': /(ingest|upload) [0-9a-f]{32}/,
    'a record': /record "b/,
  };
  await disk.fill();
  for (const [what, write] of Object.entries(writes)) {
    const error: unknown = await write().catch((reason: unknown) => reason);
    expect(error, what).toMatchObject({ name: 'StoreError', code: 'ERR_STORE_QUOTA', retryable: false });
    expect(error, what).toMatchObject({ hint: expect.stringMatching(/room/) as string });
    expect((error as Error).message, what).toMatch(message);
    expect((error as Error).message, what).toMatch(names[what] ?? /^$/);
  }
  expect(await sizes(blobs)).toEqual([before.length]);
  expect(await digestIn(blobs, digestOf(before))).toBe(digestOf(before));
  expect(await records.get('a')).toMatchObject({ value: utf8('1') });
  expect(await records.get('b')).toBeUndefined();
  await disk.free();
  await blobs.sweepAbandoned({ olderThanSeconds: 0 });
  expect(await blobs.sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads: 0 });
  for (const write of Object.values(writes)) await write();
  expect(await sizes(blobs)).toEqual([before, small, loose, large].map(({ length }) => length));
  expect(await digestIn(blobs, digestOf(large))).toBe(digestOf(large));
}

describeWithPeers('a server whose disk is full', () => {
  it('is said by the stores on S3, which lose nothing: versitygw', async ({ skip }) => {
    const disk = await smallDisk(80 << 20);
    if (disk === undefined) return skip(noDisk);
    try {
      const server = await startS3Server('versitygw', disk.path).catch((error: unknown) => {
        if (!String(error).includes('xattrs are not supported')) throw error;
        return undefined;
      });
      if (server === undefined) return skip('files in memory have no attributes here, which versitygw needs');
      try {
        const { client, bucket, endpoint } = server;
        const how = { client, bucket, endpoint, prefix: 'team', partSize: 5 << 20 };
        const stores = { blobs: s3BlobStore(how), records: s3RecordStore(how) };
        await tryFull(disk, stores, /in bucket blobs failed: 127\.0\.0\.1:\d+ answered 507 InsufficientStorage/);
        const uploads = await client.fetch(`${endpoint}/${bucket}?uploads`);
        expect(await uploads.text()).not.toContain('<UploadId>');
      } finally {
        await server.stop();
      }
    } finally {
      await disk.remove();
    }
  });

  const openPool = ({ url }: PostgresServer): pg.Pool =>
    new pg.Pool({ connectionString: url, max: 4 }).on('error', () => undefined);

  it('is said by the stores on Postgres, which lose nothing: a tablespace', async ({ skip }) => {
    const disk = await smallDisk(64 << 20, postgresOwner());
    if (disk === undefined) return skip(noDisk);
    const server = await startPostgres(['fsync=off']);
    try {
      const first = openPool(server);
      await first.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
      await first.query('ALTER ROLE packwright SET default_tablespace = small');
      await first.end();
      const client = openPool(server);
      const stores = { blobs: postgresBlobStore({ client }), records: postgresRecordStore({ client }) };
      await tryFull(disk, stores, /the database is out of room: could not extend file ".*": No space left on device/);
      const { rows } = await client.query(`SELECT count(*)::int AS left FROM packwright_chunks c
        WHERE NOT EXISTS (SELECT FROM packwright_blobs b WHERE b.id = c.upload AND b.digest IS NOT NULL)`);
      expect(rows).toEqual([{ left: 0 }]);
      await client.end();
    } finally {
      await server.stop();
      await disk.remove();
    }
  });

  it('ends where its log has no room, and what it had confirmed is there when it starts again: Postgres', async ({
    skip,
  }) => {
    const disk = await smallDisk(12 << 20, postgresOwner());
    if (disk === undefined) return skip(noDisk);
    const settings = ['max_wal_size=4MB', 'min_wal_size=2MB', 'restart_after_crash=off'];
    const server = await startPostgres(settings, [`--waldir=${join(disk.path, 'log')}`, '--wal-segsize=1']);
    const client = openPool(server);
    try {
      const blobs = postgresBlobStore({ client });
      await blobs.put(digestOf(before), bytesSource(before));
      await disk.fill();
      const confirmed: Digest[] = [];
      let failed: unknown;
      for (let seed = 10; failed === undefined && seed < 40; seed++) {
        const blob = someBytes(1_500_000, seed);
        await blobs.put(digestOf(blob), bytesSource(blob)).then(
          () => confirmed.push(digestOf(blob)),
          (error: unknown) => (failed = error),
        );
      }
      expect(failed).toMatchObject({
        name: 'StoreError',
        code: expect.stringMatching(/^ERR_STORE_(WRITE|QUOTA)$/) as string,
        message: expect.stringMatching(/^blob sha256:/) as string,
      });
      await disk.free();
      // It may have ended by itself.
      await server.kill().catch(() => undefined);
      await server.start();
      expect(await digestIn(blobs, digestOf(before))).toBe(digestOf(before));
      for (const digest of confirmed) expect(await digestIn(blobs, digest)).toBe(digest);
      expect(await blobs.put(digestOf(large), chunkedSource(large, [1 << 18]))).toEqual({ created: true });
      expect(await digestIn(blobs, digestOf(large))).toBe(digestOf(large));
    } finally {
      await client.end();
      await server.stop();
      await disk.remove();
    }
  });
});
