import { describe, expect, it } from 'vitest';
import { s3BlobStore, s3RecordStore, type S3StoreOptions } from '../../../../src/adapters/blob-store/s3.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import { digestOf, hexOf } from '../../../../src/digest/digest.ts';
import { chunkedSource, failingSource, someBytes } from '../../../../src/testing/bytes.ts';
import { S3InMemory, s3Error } from './s3-in-memory.ts';

const large = someBytes(11 << 20);
const digest = digestOf(large);
const hour = 3_600_000;

function someS3(): { s3: S3InMemory; options: S3StoreOptions } {
  const s3 = new S3InMemory();
  const { client, bucket, endpoint } = s3;
  return { s3, options: { client, bucket, endpoint, prefix: 'p', partSize: 5 << 20, retry: { attempts: 1 } } };
}

describe('a sweep of uploads', () => {
  it('removes what cut uploads left behind, and nothing that is young', async () => {
    const { s3, options } = someS3();
    const store = s3BlobStore(options);
    const start = Date.now();
    // A process that ended at once neither completes nor aborts.
    s3.fault = ({ method, url }) => {
      if (method === 'DELETE') return s3Error(403, 'AccessDenied');
      return url.searchParams.get('partNumber') === '2' ? s3Error(403, 'AccessDenied') : undefined;
    };
    s3.now = () => start - 2 * hour;
    await expect(store.put(digest, bytesSource(large))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    const old = await store.ingest();
    await old.append(bytesSource(large));
    s3.now = () => start;
    await expect(store.put(digest, bytesSource(large))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    const young = await store.ingest();
    await young.append(bytesSource(large));
    s3.fault = () => undefined;
    await store.put(digest, bytesSource(large));
    s3.now = () => start - 2 * hour;
    await store.put(digest, bytesSource(large));
    s3.pageSize = 1;
    expect(s3.uploads.size).toBe(2);
    expect(await store.sweepAbandoned({ olderThanSeconds: 3600 })).toEqual({ uploads: 1, pieces: 4, marks: 1 });
    expect(s3.uploads.size).toBe(1);
    expect(await store.sweepAbandoned({ olderThanSeconds: 3600 })).toEqual({ uploads: 0, pieces: 0, marks: 0 });
    await expect(store.ingest(old.id)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    expect(await young.commit(digest)).toMatchObject({ created: false });
    expect(await store.stat(digest)).toMatchObject({ size: large.length });
  });

  it('says that a server lists no uploads, when all else is removed', async () => {
    const { s3, options } = someS3();
    const store = s3BlobStore(options);
    await (await store.ingest()).append(bytesSource(utf8('cut')));
    s3.fault = ({ url }) => (url.searchParams.has('uploads') ? s3Error(501, 'NotImplemented') : undefined);
    await expect(store.sweepAbandoned({ olderThanSeconds: 0 })).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      hint: 'the server does not have this part of S3',
    });
    expect(s3.objects.size).toBe(0);
  });

  it('ends no upload of another program in the same bucket', async () => {
    const { s3, options } = someS3();
    const own = `sha256/aa/${'a'.repeat(64)}`;
    const headers = { 'x-amz-content-sha256': hexOf(digestOf(new Uint8Array())) };
    for (const name of [own, 'sha256/film', `deeper/${own}`]) {
      await options.client.fetch(`${s3.endpoint}/${s3.bucket}/p/${name}?uploads=`, { method: 'POST', headers });
    }
    expect(await s3BlobStore(options).sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads: 1 });
    expect([...s3.uploads.values()].map(({ key }) => key)).toEqual(['p/sha256/film', `p/deeper/${own}`]);
  });

  it.each([
    ['looks through all where a server lists none below a prefix, as MinIO', false, 1],
    ['is content with those below the prefix where it may not list the others', true, 0],
  ])('%s', async (_, denied, uploads) => {
    const { s3, options } = someS3();
    const name = `sha256/aa/${'a'.repeat(64)}`;
    const headers = { 'x-amz-content-sha256': hexOf(digestOf(new Uint8Array())) };
    for (const key of [`p/${name}`, `other/${name}`]) {
      await options.client.fetch(`${s3.endpoint}/${s3.bucket}/${key}?uploads=`, { method: 'POST', headers });
    }
    const none = '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>';
    s3.fault = ({ method, url }) => {
      if (method !== 'GET' || !url.searchParams.has('uploads')) return undefined;
      if (url.searchParams.get('prefix') !== '') return new Response(none);
      return denied ? s3Error(403, 'AccessDenied') : undefined;
    };
    expect(await s3BlobStore(options).sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads });
    expect([...s3.uploads.values()].map(({ key }) => key)).toContain(`other/${name}`);
    expect(s3.uploads.size).toBe(2 - uploads);
  });

  it.each([NaN, Infinity, 'x', -1, undefined])('refuses the age %s', async (olderThanSeconds) => {
    const { options } = someS3();
    const sweeping = { olderThanSeconds: olderThanSeconds as number };
    await expect(s3BlobStore(options).sweepAbandoned(sweeping)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(s3RecordStore(options).sweep(sweeping)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('a deleted record', () => {
  it('leaves a small object behind, which a sweep removes when it is old', async () => {
    const { s3, options } = someS3();
    const store = s3RecordStore(options);
    const written = await store.put('a', utf8('x'), { ifVersion: null });
    await store.put('b', utf8('x'), { ifVersion: null });
    expect(await store.delete('a', { ifVersion: written === 'conflict' ? '' : written.version })).toBe(true);
    expect(s3.objects.get('p/records/a-')?.bytes.length).toBe(33);
    expect(await store.sweep({ olderThanSeconds: 60 })).toEqual({ removed: 0 });
    expect(await store.sweep({ olderThanSeconds: 0 })).toEqual({ removed: 1 });
    expect([...s3.objects.keys()].sort()).toEqual(['p/conditions', 'p/records/b-']);
  });

  it('is not swept where the server would not let it be made again', async () => {
    const { s3, options } = someS3();
    const store = s3RecordStore(options);
    const written = await store.put('a', utf8('x'), { ifVersion: null });
    await store.delete('a', { ifVersion: written === 'conflict' ? '' : written.version });
    const deleted = new Set<string>();
    s3.fault = ({ method, key, headers }) => {
      if (method === 'DELETE') deleted.add(key);
      const refused = headers.has('if-none-match') && deleted.has(key);
      return refused ? new Response(null, { status: 412 }) : undefined;
    };
    expect(await store.sweep({ olderThanSeconds: 0 })).toEqual({ removed: 0 });
    expect([...s3.objects.keys()].sort()).toEqual(['p/conditions', 'p/records/a-']);
    expect(await store.put('a', utf8('y'), { ifVersion: null })).not.toBe('conflict');
  });

  it('leaves nothing behind where deleting is atomic', async () => {
    const { s3, options } = someS3();
    const store = s3RecordStore({ ...options, atomicDelete: true });
    const written = await store.put('a', utf8('x'), { ifVersion: null });
    await store.delete('a', { ifVersion: written === 'conflict' ? '' : written.version });
    expect([...s3.objects.keys()]).toEqual(['p/conditions']);
  });
});

describe('an ingest', () => {
  it('is put together by the server where its pieces can be parts', async () => {
    const { s3, options } = someS3();
    const ingest = await s3BlobStore(options).ingest();
    await ingest.append(chunkedSource(large));
    s3.seen.length = 0;
    expect(await ingest.commit('sha256')).toEqual({ created: true, digest, size: large.length });
    expect(s3.seen.filter(({ headers }) => headers.has('x-amz-copy-source'))).toHaveLength(3);
    expect(s3.asked.some((asked) => asked.startsWith('GET p/ingests'))).toBe(false);
    expect([...s3.objects.keys()]).toEqual([`p/sha256/${digest.slice(7, 9)}/${digest.slice(7)}`]);
  });

  it('goes on in another process, which reads again what it has not seen', async () => {
    const { options } = someS3();
    const first = await s3BlobStore(options).ingest();
    await first.append(bytesSource(large.subarray(0, 7 << 20)));
    const other = s3BlobStore(options);
    const second = await other.ingest(first.id);
    expect(second.offset).toBe(7 << 20);
    await second.append(bytesSource(large.subarray(7 << 20)));
    expect(await second.commit(digest)).toMatchObject({ created: true });
    const found = await other.get(digest);
    const read = await readAll((await found?.open()) as ReadableStream<Uint8Array>, { limit: 1 << 26 });
    expect(digestOf(read)).toBe(digest);
    await expect(first.commit(digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('sees what another process has added meanwhile', async () => {
    const { options } = someS3();
    const [one, two] = [s3BlobStore(options), s3BlobStore(options)];
    const { id } = await one.ingest();
    const a = await one.ingest(id);
    await a.append(bytesSource(large.subarray(0, 100)));
    await (await two.ingest(id)).append(bytesSource(large.subarray(100, 300)));
    const again = await one.ingest(id);
    expect(again.offset).toBe(300);
    expect(await again.commit('sha256')).toMatchObject({ digest: digestOf(large.subarray(0, 300)) });
  });

  it('keeps the parts that came before a source failed', async () => {
    const { options } = someS3();
    const ingest = await s3BlobStore(options).ingest();
    const failure = new Error('broken');
    await expect(ingest.append(failingSource(large, failure))).rejects.toBe(failure);
    expect(ingest.offset).toBe(10 << 20);
    await ingest.append(bytesSource(large.subarray(ingest.offset)));
    expect(await ingest.commit(digest)).toMatchObject({ created: true });
  });

  it('is not half there when a piece could not be written', async () => {
    const { s3, options } = someS3();
    const store = s3BlobStore(options);
    const ingest = await store.ingest();
    s3.fault = ({ key }) => (key.includes('/000000005242880-') ? s3Error(403, 'AccessDenied') : undefined);
    await expect(ingest.append(bytesSource(large))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(ingest.offset).toBe(5 << 20);
    s3.fault = () => undefined;
    await ingest.append(bytesSource(large.subarray(ingest.offset)));
    expect((await s3BlobStore(options).ingest(ingest.id)).offset).toBe(large.length);
    expect(await ingest.commit(digest)).toMatchObject({ created: true });
  });

  it('is used by one call at a time', async () => {
    const { options } = someS3();
    const store = s3BlobStore(options);
    const ingest = await store.ingest();
    const appending = ingest.append(bytesSource(large));
    expect(await store.ingest(ingest.id)).toBe(ingest);
    await expect(ingest.append(bytesSource(large))).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
    await appending;
  });

  it('fails to commit, and can again, where parts could not be copied', async () => {
    const { s3, options } = someS3();
    const ingest = await s3BlobStore(options).ingest();
    await ingest.append(bytesSource(large));
    s3.fault = ({ headers }) => (headers.has('x-amz-copy-source') ? s3Error(403, 'AccessDenied') : undefined);
    await expect(ingest.commit(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(s3.uploads.size).toBe(0);
    s3.fault = () => undefined;
    expect(await ingest.commit(digest)).toMatchObject({ created: true });
  });
});
