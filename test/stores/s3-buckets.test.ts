import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { s3BlobStore, s3Client, s3RecordStore, type S3StoreOptions } from '../../src/adapters/blob-store/s3.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import { contentOf, failingSource, someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { programPath, run } from '../peers/programs.ts';
import { useS3Server } from './use-s3-server.ts';

vi.setConfig({ testTimeout: 120_000 });

const small = utf8('small');
const smallDigest = digestOf(small);
const large = someBytes(11 << 20);
const largeDigest = digestOf(large);
const limited = { accessKeyId: 'AKIDLIMITED', secretAccessKey: 'limited/hush' };

const folder = mkdtempSync(join(tmpdir(), 'packwright-buckets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function digestIn(blobs: BlobStore, digest: Digest): Promise<Digest | undefined> {
  const found = await blobs.get(digest);
  return found && digestOf(await contentOf(await found.open()));
}

async function digestsIn(blobs: BlobStore): Promise<Digest[]> {
  const all: Digest[] = [];
  for await (const { digest } of blobs.list()) all.push(digest);
  return all;
}

describeWithPeers('a bucket of versitygw', () => {
  const used = useS3Server('versitygw', {
    args: ['--iam-dir', folder, '--iam-cache-disable'],
    storage: ['--versioning-dir', mkdtempSync(join(folder, 'versions-'))],
  });

  /** Changes what the server has about a bucket. */
  async function configure(bucket: string, what: string, body: string): Promise<void> {
    const { endpoint, client } = used.server;
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const answer = await client.fetch(`${endpoint}/${bucket}?${what}`, { method: 'PUT', body, headers });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  }

  const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

  beforeAll(async () => {
    const { endpoint, credentials } = used.server;
    const admin = ['--endpoint-url', endpoint, '--access', credentials.accessKeyId];
    const user = ['create-user', '-a', limited.accessKeyId, '-s', limited.secretAccessKey, '-r', 'user'];
    await run(programPath('versitygw'), ['admin', ...admin, '--secret', credentials.secretAccessKey, ...user]);
  });

  const permissions = ['GetObject', 'PutObject', 'DeleteObject', 'ListBucket', 'AbortMultipartUpload'];

  it.each([
    ['GetObject', ['get', 'delete', 'large', 'record'], []],
    ['PutObject', ['put', 'large', 'ingest', 'write'], []],
    ['DeleteObject', ['delete'], []],
    ['ListBucket', ['list'], ['ListBucketMultipartUploads']],
    ['AbortMultipartUpload', ['sweep'], ['ListBucketMultipartUploads']],
    ['ListBucketMultipartUploads', ['sweep'], []],
  ] as const)('whose policy denies s3:%s says so to who needs it', async (denied, failing, besides) => {
    const how = used.options();
    const { bucket } = how;
    const owned = s3BlobStore(how);
    const source = bytesSource(small);
    await owned.put(smallDigest, source);
    // What an upload left that could not be ended.
    const key = `${how.prefix ?? ''}/sha256/aa/${'a'.repeat(64)}`;
    await used.server.client.fetch(`${used.server.endpoint}/${bucket}/${key}?uploads=`, { method: 'POST' });
    const allowed = [...permissions, 'ListBucketMultipartUploads'].filter((name) => name !== denied);
    const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
    const Principal = { AWS: [limited.accessKeyId] };
    const rule = { Effect: 'Allow', Principal, Resource, Action: allowed.map((name) => `s3:${name}`) };
    await configure(bucket, 'policy', JSON.stringify({ Version: '2012-10-17', Statement: [rule] }));
    const client = s3Client({ credentials: limited, fetch: used.server.fetch });
    const [store, records] = [s3BlobStore({ ...how, client }), s3RecordStore({ ...how, client })];
    const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
      get: () => store.get(smallDigest),
      put: () => store.put(digestOf(utf8('new')), bytesSource(utf8('new'))),
      large: () => store.put(largeDigest, bytesSource(large)),
      ingest: async () => (await store.ingest()).abort(),
      list: () => digestsIn(store),
      record: () => records.get('a'),
      write: () => records.put('b', small, { ifVersion: null }),
      sweep: () => store.sweepAbandoned({ olderThanSeconds: 0 }),
      delete: () => store.delete(smallDigest),
    };
    const outcomes: Record<string, unknown> = {};
    for (const [verb, ask] of Object.entries(verbs)) outcomes[verb] = await ask().catch((error: unknown) => error);
    const names = [denied, ...besides].map((name) => `s3:${name}`);
    for (const verb of failing) {
      const error = outcomes[verb] as { message: string; hint: string; details: { permission: string } };
      expect(error, verb).toMatchObject({
        name: 'StoreError',
        code: expect.stringMatching(/^ERR_STORE_(READ|WRITE)$/) as string,
        retryable: false,
        details: { bucket, status: 403, s3Code: 'AccessDenied' },
      });
      expect(names, verb).toContain(error.details.permission);
      expect(error.hint).toContain(`this needs ${error.details.permission} on ${bucket}`);
      expect(error.message).toContain(`in bucket ${bucket} failed: `);
      expect(inspect(error, { depth: 9 })).not.toMatch(/hush/);
    }
    if (failing.every((verb) => verb !== 'delete')) expect(outcomes['delete']).toBe(true);
    // What could not be deleted is there, and nothing half is.
    expect(await digestIn(owned, smallDigest)).toBe(outcomes['delete'] === true ? undefined : smallDigest);
    for (const digest of await digestsIn(owned)) expect(await digestIn(owned, digest)).toBe(digest);
    await owned.sweepAbandoned({ olderThanSeconds: 0 });
    expect(await owned.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, pieces: 0, marks: 0 });
  });

  it('that lets no upload be ended leaves its parts to a sweep, and says what went wrong first', async () => {
    const how = used.options();
    const Resource = [`arn:aws:s3:::${how.bucket}`, `arn:aws:s3:::${how.bucket}/*`];
    const Principal = { AWS: [limited.accessKeyId] };
    const rule = { Effect: 'Allow', Principal, Resource, Action: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'] };
    await configure(how.bucket, 'policy', JSON.stringify({ Version: '2012-10-17', Statement: [rule] }));
    const store = s3BlobStore({ ...how, client: s3Client({ credentials: limited, fetch: used.server.fetch }) });
    const broken = new Error('broken');
    await expect(store.put(largeDigest, failingSource(large, broken))).rejects.toBe(broken);
    expect(await s3BlobStore(how).sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads: 1 });
  });

  it('with versions takes again what was deleted', async () => {
    const bucket = 'versioned';
    await used.server.createBucket(bucket);
    await configure(
      bucket,
      'versioning',
      `<VersioningConfiguration ${namespace}><Status>Enabled</Status></VersioningConfiguration>`,
    );
    const how = used.options({ bucket });
    const records = s3RecordStore(how);
    for (const [digest, bytes] of [
      [smallDigest, small],
      [largeDigest, large],
    ] as const) {
      for (let round = 0; round < 3; round++) {
        // Of a store that is new nobody knows what the server makes of a condition.
        const store = s3BlobStore(how);
        expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
        expect(await digestIn(store, digest)).toBe(digest);
        expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: false });
        expect(await store.delete(digest)).toBe(true);
        expect(await digestIn(store, digest)).toBeUndefined();
        expect(await digestsIn(store)).toEqual([]);
      }
    }
    let version: string | null = null;
    for (let round = 0; round < 3; round++) {
      const first: { version: string } | 'conflict' = await records.put('a', utf8('1'), { ifVersion: version });
      if (first === 'conflict') throw new Error('conflict');
      expect(await records.put('a', utf8('2'), { ifVersion: 'another' })).toBe('conflict');
      expect(await records.delete('a', { ifVersion: first.version })).toBe(true);
      expect(await records.get('a')).toBeUndefined();
      // Of what this server could not make again, nothing is removed.
      expect(await records.sweep({ olderThanSeconds: 0 })).toEqual({ removed: 0 });
      version = null;
    }
  });

  it('with retention keeps every version, and a store hides what it deletes, and shows what is put again', async () => {
    const bucket = 'locked';
    const { client, endpoint } = used.server;
    const headers = { 'x-amz-bucket-object-lock-enabled': 'true' };
    expect((await client.fetch(`${endpoint}/${bucket}`, { method: 'PUT', headers })).status).toBe(200);
    const retention = '<DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days></DefaultRetention>';
    const lock = `<ObjectLockConfiguration ${namespace}><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>${retention}</Rule></ObjectLockConfiguration>`;
    await configure(bucket, 'object-lock', lock);
    const store = s3BlobStore(used.options({ bucket }));
    expect(await store.put(smallDigest, bytesSource(small))).toEqual({ created: true });
    expect(await store.delete(smallDigest)).toBe(true);
    expect(await digestIn(store, smallDigest)).toBeUndefined();
    expect(await store.put(smallDigest, bytesSource(small))).toEqual({ created: true });
    expect(await digestIn(store, smallDigest)).toBe(smallDigest);
    const versions = await (await client.fetch(`${endpoint}/${bucket}?versions`)).text();
    const kept = /<Version>.*?<Key>([^<]*)<.*?<VersionId>([^<]+)</s.exec(versions) ?? [];
    const url = `${endpoint}/${bucket}/${kept[1] ?? ''}?versionId=${kept[2] ?? ''}`;
    const refused = await client.fetch(url, { method: 'DELETE' });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
    expect(await digestIn(store, smallDigest)).toBe(smallDigest);
  });

  it('keeps apart deployments of which one is named as the other begins, and odd names', async () => {
    const prefixes = ['team', 'team2', 'team/2', "odd,='(1)!", '@a:b*_.c', 'TEAM'];
    const stores = prefixes.map((prefix) => ({
      blobs: s3BlobStore(used.options({ prefix } satisfies Partial<S3StoreOptions>)),
      records: s3RecordStore(used.options({ prefix })),
      own: utf8(`blob of ${prefix}`),
    }));
    for (const { blobs, records, own } of stores) {
      await blobs.put(digestOf(own), bytesSource(own));
      await (await blobs.ingest()).append(bytesSource(own));
      await records.put('a b/<?&%2F+>', own, { ifVersion: null });
    }
    for (const { blobs, records, own } of stores) {
      expect(await digestsIn(blobs)).toEqual([digestOf(own)]);
      const listed: string[] = [];
      for await (const { key } of records.list('')) listed.push(key);
      expect(listed).toEqual(['a b/<?&%2F+>']);
      expect((await records.get('a b/<?&%2F+>'))?.value).toEqual(own);
    }
    // A sweep and a deletion of one are nothing to the others.
    for (const [index, { blobs }] of stores.entries()) {
      const left = stores.slice(index + 1);
      expect(await blobs.sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ pieces: 2 });
      for (const digest of await digestsIn(blobs)) await blobs.delete(digest);
      for (const { blobs: others, own } of left) expect(await digestIn(others, digestOf(own))).toBe(digestOf(own));
    }
  });

  it('refuses an upload of which a part is missing, and nothing of it is seen', async () => {
    const { client } = used.server;
    let taken = 0;
    const losing: S3StoreOptions['client'] = {
      // The second part comes to the server as nothing, and its writer is told that it is there.
      fetch: (url, init) =>
        url.includes('partNumber=2') && ++taken > 0
          ? Promise.resolve(new Response(null, { headers: { etag: '"00000000000000000000000000000000"' } }))
          : client.fetch(url, init),
    };
    const how = used.options();
    await expect(s3BlobStore({ ...how, client: losing }).put(largeDigest, bytesSource(large))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      details: { s3Code: expect.stringMatching(/^InvalidPart/) as string },
    });
    expect(taken).toBe(1);
    const store = s3BlobStore(how);
    expect(await store.stat(largeDigest)).toBeUndefined();
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads: 0 });
    expect(await store.put(largeDigest, bytesSource(large))).toEqual({ created: true });
  });
});
