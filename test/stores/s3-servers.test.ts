import { afterAll, describe, expect, it } from 'vitest';
import { s3BlobStore, s3Client, s3RecordStore, type S3StoreOptions } from '../../src/adapters/blob-store/s3.ts';
import { nodeTransport } from '../../src/adapters/transport/node.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource, type ByteSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import { registryContract } from '../../src/testing/index.ts';
import { chunkedSource, someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { s3ServerKinds, type S3Server } from '../peers/s3-servers.ts';
import { awsClient } from './aws-client.ts';
import { useS3Server } from './use-s3-server.ts';

const large = someBytes(13 << 20);
const largeDigest = digestOf(large);
const small = utf8('small');
const smallDigest = digestOf(small);
let odd = 0;

async function read(store: BlobStore, digest: Digest): Promise<Digest> {
  const found = await store.get(digest);
  if (found === undefined) throw new Error(`${digest} is not there`);
  return digestOf(await readAll(await found.open(), { limit: 1 << 26 }));
}

describeWithPeers.each(s3ServerKinds)('stores on %s', { timeout: 120_000 }, (kind) => {
  const used = useS3Server(kind);
  const { options } = used;
  const keysOf = async (prefix = ''): Promise<string[]> => {
    const url = `${used.server.endpoint}/${used.server.bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`;
    const text = await (await used.server.client.fetch(url)).text();
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '');
  };

  describe.each(['aws4fetch', 'node transport', 'platform'] as const)('by %s', (name) => {
    const transport = nodeTransport();
    afterAll(() => transport.close());
    const clientNamed = (): S3StoreOptions['client'] => {
      const { credentials } = used.server;
      if (name === 'aws4fetch') {
        return awsClient(credentials);
      }
      return s3Client({ credentials, fetch: name === 'platform' ? undefined : transport.fetch });
    };

    it('keeps a blob of several parts, and one that comes without a size', async () => {
      const store = s3BlobStore(options({ client: clientNamed() }));
      expect(await store.put(largeDigest, chunkedSource(large, [1 << 18]))).toEqual({ created: true });
      expect(await read(store, largeDigest)).toBe(largeDigest);
      const unsized: ByteSource = { open: (how) => bytesSource(small).open(how) };
      expect(await store.put(smallDigest, unsized)).toEqual({ created: true });
      expect(await read(store, smallDigest)).toBe(smallDigest);
      const part = await (await store.get(largeDigest))?.openUnverifiedRange(6_000_000, 6_000_010);
      expect(part && (await readAll(part, { limit: 100 }))).toEqual(large.slice(6_000_000, 6_000_010));
    });

    it('puts an ingest together from its parts', async () => {
      const store = s3BlobStore(options({ client: clientNamed() }));
      const ingest = await store.ingest();
      await ingest.append(bytesSource(large));
      expect(await ingest.commit(largeDigest)).toMatchObject({ created: true });
      expect(await read(store, largeDigest)).toBe(largeDigest);
    });

    it('keeps records', async () => {
      const store = s3RecordStore(options({ client: clientNamed() }));
      const first = await store.put('a b/c+d', small, { ifVersion: null });
      expect((await store.get('a b/c+d'))?.version).toBe(first === 'conflict' ? '' : first.version);
    });
  });

  it('lets exactly one of 20 writers win, ten times, also over a deleted record', async () => {
    const one = s3RecordStore(options());
    for (let round = 0; round < 10; round++) {
      const key = `round/${round % 5}`;
      const created = await Promise.all(
        Array.from({ length: 20 }, (_, index) => one.put(key, utf8(String(index)), { ifVersion: null })),
      );
      const [won, ...others] = created.filter((answer) => answer !== 'conflict');
      expect(others).toEqual([]);
      const version = won?.version ?? '';
      const changed = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          index % 2 === 0
            ? one.put(key, utf8(`new ${index}`), { ifVersion: version })
            : one.delete(key, { ifVersion: version }),
        ),
      );
      expect(changed.filter((answer) => answer !== 'conflict' && answer !== false)).toHaveLength(1);
      const found = await one.get(key);
      if (found !== undefined) expect(await one.delete(key, { ifVersion: found.version })).toBe(true);
    }
  });

  it('keeps two deployments apart in one bucket', async () => {
    const [one, two] = [s3BlobStore(options()), s3BlobStore(options())];
    await one.put(smallDigest, bytesSource(small));
    expect(await two.get(smallDigest)).toBeUndefined();
    expect(await two.delete(smallDigest)).toBe(false);
    expect(await read(one, smallDigest)).toBe(smallDigest);
  });

  it('frees what an upload that fails has sent', async () => {
    const how = options();
    const store = s3BlobStore(how);
    await expect(store.put(largeDigest, bytesSource(someBytes(13 << 20, 2)))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    const url = `${used.server.endpoint}/${used.server.bucket}?uploads&prefix=${encodeURIComponent(how.prefix ?? '')}`;
    expect(await (await used.server.client.fetch(url)).text()).not.toContain('<UploadId>');
    expect(await keysOf(how.prefix)).toEqual([]);
  });

  it('sweeps an upload that nobody goes on with, and none of another program', async () => {
    const how = options();
    const store = s3BlobStore(how);
    const folder = `${used.server.endpoint}/${used.server.bucket}/${how.prefix ?? ''}`;
    const own = `sha256/aa/${'a'.repeat(64)}`;
    for (const name of [own, 'sha256/film', `deeper/${own}`]) {
      await used.server.client.fetch(`${folder}/${name}?uploads=`, { method: 'POST' });
    }
    await (await store.ingest()).append(bytesSource(small));
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 1, pieces: 2, marks: 0 });
    expect(await keysOf(how.prefix)).toEqual([]);
  });

  it.each(['s3Client', 'aws4fetch'])('gives URLs that others read by, with %s', async (name) => {
    const { server } = used;
    const client = name === 's3Client' ? server.client : awsClient(server.credentials);
    const store = s3BlobStore(options({ client, prefix: `odd,='(${++odd})!` }));
    const ingest = await store.ingest();
    await ingest.append(bytesSource(large));
    await ingest.commit(largeDigest);
    await store.put(smallDigest, bytesSource(small));
    const url = (await store.presign?.(smallDigest, { expiresInSeconds: 60 })) ?? '';
    expect(await (await fetch(url)).text()).toBe('small');
    if (kind === 'versitygw')
      expect((await fetch(url.replace(/.$/, (end) => (end === '0' ? '1' : '0')))).status).toBe(403);
  });

  it.each(['s3Client', 'aws4fetch'])('gives requests that others put by, with %s', async (name) => {
    const { server } = used;
    const client = name === 's3Client' ? server.client : awsClient(server.credentials);
    const how = options({ client });
    const store = s3BlobStore(how);
    const put = await store.presignPut?.(smallDigest, { expiresInSeconds: 60 });
    if (put === undefined) throw new Error('this client can sign');
    const { url, ...init } = put;
    if (kind === 'versitygw') {
      expect((await fetch(url, { ...init, body: 'other' })).status).toBe(400);
      expect((await fetch(url, { method: 'PUT', body: 'small' })).status).toBe(403);
      expect(await keysOf(how.prefix)).toEqual([]);
    }
    expect((await fetch(url, { ...init, body: 'small' })).status).toBe(200);
    expect(await read(store, smallDigest)).toBe(smallDigest);
    expect((await store.stat(smallDigest))?.modifiedAt).toBeGreaterThan(Date.now() - 60_000);
  });

  if (kind === 'versitygw') {
    it.each<[string, (how: S3StoreOptions, server: S3Server) => S3StoreOptions, object]>([
      [
        'a secret that is wrong',
        (how, { credentials }) => ({
          ...how,
          client: s3Client({ credentials: { ...credentials, secretAccessKey: 'secret/hush' } }),
        }),
        { details: { s3Code: 'SignatureDoesNotMatch' } },
      ],
      [
        'a key that is unknown',
        (how, { credentials }) => ({
          ...how,
          client: s3Client({ credentials: { ...credentials, accessKeyId: 'AKIDNOBODY' } }),
        }),
        { details: { s3Code: 'XAdminUserNotFound' } },
      ],
      [
        'another region',
        (how, { credentials }) => ({ ...how, client: s3Client({ credentials, region: 'eu-west-1' }) }),
        { hint: expect.stringMatching(/region/) as string },
      ],
    ])('says so: %s', async (_, change, expected) => {
      const store = s3BlobStore(change(options(), used.server));
      for (const ask of [() => store.get(smallDigest), () => store.put(smallDigest, bytesSource(small))]) {
        const error: unknown = await ask().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ name: 'StoreError', ...expected });
        expect(`${JSON.stringify(error)}${String((error as Error).stack)}`).not.toMatch(/hush|secret\/of/);
      }
    });

    it('refuses bytes that are not those of the digest that was signed', async () => {
      const lying: S3StoreOptions['client'] = {
        fetch: (url, init) => used.server.client.fetch(url, init?.method === 'PUT' ? { ...init, body: 'other' } : init),
      };
      const store = s3BlobStore(options({ client: lying, retry: { attempts: 1 } }));
      await expect(store.put(smallDigest, bytesSource(small))).rejects.toMatchObject({
        code: 'ERR_STORE_WRITE',
        details: { s3Code: 'XAmzContentSHA256Mismatch' },
      });
      expect(await store.get(smallDigest)).toBeUndefined();
    });
  }

  it('says that a bucket is not there, and not that a blob is missing', async () => {
    const how = options({ bucket: 'not-there' });
    const expected = { name: 'StoreError', details: { bucket: 'not-there', s3Code: 'NoSuchBucket' } };
    const store = s3BlobStore(how);
    await expect(store.get(smallDigest)).rejects.toMatchObject(expected);
    await expect(store.stat(smallDigest)).rejects.toMatchObject(expected);
    await expect(store.put(smallDigest, bytesSource(small))).rejects.toMatchObject(expected);
    await expect(s3RecordStore(how).get('a')).rejects.toMatchObject(expected);
    await expect(s3RecordStore(how).put('a', small, { ifVersion: null })).rejects.toMatchObject(expected);
  });

  it('takes a bucket with dots', async () => {
    await used.server.createBucket('dotted.bucket.name');
    const store = s3BlobStore(options({ bucket: 'dotted.bucket.name' }));
    await store.put(smallDigest, bytesSource(small));
    expect(await read(store, smallDigest)).toBe(smallDigest);
  });

  registryContract(
    { describe, it },
    {
      name: `a registry over S3 on ${kind}`,
      create: () => {
        const how = options();
        const open = (): Registry => storeRegistry({ blobs: s3BlobStore(how), records: s3RecordStore(how) });
        return Promise.resolve({ registry: open(), reopen: () => Promise.resolve(open()) });
      },
    },
  );
});
