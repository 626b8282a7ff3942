import { describe, expect, it } from 'vitest';
import { s3BlobStore, s3Client, s3RecordStore, type S3StoreOptions } from '../../../../src/adapters/blob-store/s3.ts';
import { nameOfBlob } from '../../../../src/adapters/blob-store/s3/blob-key.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import { integrityOf } from '../../../../src/digest/integrity.ts';
import { isPackError } from '../../../../src/errors.ts';
import { chunkedSource, someBytes } from '../../../../src/testing/bytes.ts';
import { S3InMemory, s3Error, type Fault } from './s3-in-memory.ts';

const bytes = someBytes(3000);
const digest = digestOf(bytes);
const large = someBytes(12 << 20);
const largeDigest = digestOf(large);

function optionsOf({ client, bucket, endpoint }: S3InMemory, more: Partial<S3StoreOptions> = {}): S3StoreOptions {
  return { client, bucket, endpoint, partSize: 5 << 20, retry: { baseMs: 1, attempts: 4 }, ...more };
}

/** A server that fails so, and a store on it. */
function failing(fault: Fault, more: Partial<S3StoreOptions> = {}): { s3: S3InMemory; options: S3StoreOptions } {
  const s3 = new S3InMemory();
  s3.fault = fault;
  return { s3, options: optionsOf(s3, more) };
}

async function contentOf(s3: S3InMemory, of = digest): Promise<Uint8Array> {
  s3.fault = () => undefined;
  const found = await s3BlobStore(optionsOf(s3)).get(of);
  if (found === undefined) throw new Error('is not there');
  return readAll(await found.open(), { limit: 1 << 26 });
}

/** Fails the first requests that fit, each in another way. */
function failFirst(fits: (asked: string) => boolean, ...answers: (() => Response)[]): Fault {
  return ({ method, key, url }) => (fits(`${method} ${key}${url.search}`) ? answers.shift()?.() : undefined);
}

const lost = (): Response => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
};

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '');
}

describe('a store on S3 tries again (W18)', () => {
  it.each([
    ['503 SlowDown', () => s3Error(503, 'SlowDown')],
    ['500', () => new Response('<html>', { status: 500, headers: { 'content-type': 'text/html' } })],
    ['400 RequestTimeout', () => s3Error(400, 'RequestTimeout')],
    ['409 OperationAborted', () => s3Error(409, 'OperationAborted')],
    ['429', () => new Response('', { status: 429, headers: { 'retry-after': '0' } })],
    ['a connection that is lost', lost],
    ['an answer that is cut', () => new Response(cutStream(), { status: 200, headers: { 'content-length': '50' } })],
  ])('after %s', async (_, answer) => {
    const { s3, options } = failing(failFirst((asked) => asked.startsWith('PUT'), answer, answer));
    expect(await s3BlobStore(options).put(digest, chunkedSource(bytes))).toEqual({ created: true });
    expect(await contentOf(s3)).toEqual(bytes);
  });

  it.each([
    ['503 InternalError', () => s3Error(503, 'InternalError')],
    ['a 200 with an error', () => s3Error(200, 'InternalError')],
  ])('to complete an upload after %s', async (_, answer) => {
    const { s3, options } = failing(failFirst((asked) => /^POST .*uploadId/.test(asked), answer));
    expect(await s3BlobStore(options).put(largeDigest, chunkedSource(large))).toEqual({ created: true });
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
    expect(s3.uploads.size).toBe(0);
  });

  it('and finds that an upload was completed by a try whose answer was lost', async () => {
    let done = false;
    const { s3, options } = failing(({ method, url }, serve) => {
      if (done || method !== 'POST' || !url.searchParams.has('uploadId')) return undefined;
      done = true;
      serve();
      return lost();
    });
    expect(await s3BlobStore(options).put(largeDigest, chunkedSource(large))).toEqual({ created: true });
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
  });

  it('and finds that a record was written by a try whose answer was lost', async () => {
    let losses = 0;
    const { s3, options } = failing(({ method, key }, serve) => {
      if (method !== 'PUT' || !key.startsWith('records/') || losses++ % 2 > 0) return undefined;
      serve();
      return lost();
    });
    const store = s3RecordStore(options);
    const first = await store.put('a', utf8('1'), { ifVersion: null });
    const second = await store.put('a', utf8('2'), { ifVersion: first === 'conflict' ? '' : first.version });
    expect(second).toEqual({ version: expect.stringMatching(/./) as string });
    s3.fault = () => undefined;
    expect((await store.get('a'))?.version).toBe(second === 'conflict' ? '' : second.version);
    expect(await store.put('a', utf8('3'), { ifVersion: null })).toBe('conflict');
  });

  it('a read that was cut, from where it was, and of the same object only', async () => {
    const { s3, options } = failing(() => undefined);
    const store = s3BlobStore(options);
    await store.put(largeDigest, bytesSource(large));
    s3.seen.length = 0;
    let cuts = 0;
    s3.fault = ({ method, headers }, serve) =>
      method === 'GET' && !fromStart(headers) && cuts++ < 3 ? cutAfter(serve(), 1_500_000) : undefined;
    const found = await store.get(largeDigest);
    const read = await readAll((await found?.open()) as ReadableStream<Uint8Array>, { limit: 1 << 26 });
    expect(digestOf(read)).toBe(largeDigest);
    const ranges = s3.seen
      .filter(({ method, headers }) => method === 'GET' && !fromStart(headers))
      .map(({ headers }) => headers.get('range'));
    expect(ranges).toEqual(['bytes=131072-', 'bytes=1631072-', 'bytes=3131072-', 'bytes=4631072-']);
    expect(s3.seen.at(-1)?.headers.get('if-range')).toMatch(/^"\w+-3"$/);
  });

  it('with the clock of the server, where that refuses a time and the client can follow', async () => {
    const { s3, options } = failing(({ headers }) => {
      if (headers.get('x-amz-date')?.startsWith(today()) === true) return undefined;
      return s3Error(403, 'RequestTimeTooSkewed', '', { date: new Date().toUTCString() });
    });
    const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
    const slow = s3Client({
      credentials,
      now: () => Date.now() - 86_400_000,
      fetch: ((url: string, init?: RequestInit) => s3.client.fetch(url, init)) as typeof globalThis.fetch,
    });
    const store = s3BlobStore({ ...options, client: slow });
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect((await store.get(digest))?.size).toBe(bytes.length);
    // The first request of all, and no other.
    expect(s3.seen.filter(({ headers }) => headers.get('x-amz-date')?.slice(0, 8) !== today())).toHaveLength(1);
  });

  it('as often as it was told, and then says what the server said', async () => {
    const { s3, options } = failing(() => s3Error(503, 'SlowDown'));
    await expect(s3BlobStore(options).put(digest, bytesSource(bytes))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      retryable: true,
    });
    expect(s3.seen).toHaveLength(4);
  });

  it('no more when the signal fires while it waits', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const fault: Fault = () => {
      setTimeout(() => controller.abort(reason), 5);
      return s3Error(503, 'SlowDown', '', { 'retry-after': '30' });
    };
    const { options } = failing(fault);
    const { signal } = controller;
    await expect(s3BlobStore(options).stat(digest, { signal })).rejects.toBe(reason);
  });
});

/** True for the question whether a blob is there. */
const fromStart = (headers: Headers): boolean => headers.get('range')?.startsWith('bytes=0-') === true;

function cutStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.error(new TypeError('terminated'));
    },
  });
}

function cutAfter(whole: Response, size: number): Response {
  const reader = (whole.body as ReadableStream<Uint8Array>).getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await reader.read();
        controller.enqueue((value ?? new Uint8Array()).subarray(0, size));
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.error(new TypeError('terminated'));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: whole.status, headers: whole.headers });
}

describe('a store on S3 says what is wrong', () => {
  const cases: readonly (readonly [string, () => Response, object, RegExp])[] = [
    [
      'a bucket that is not there',
      () => s3Error(404, 'NoSuchBucket'),
      { s3Code: 'NoSuchBucket', status: 404 },
      /create the bucket/,
    ],
    ['a verb that is denied', () => s3Error(403, 'AccessDenied'), { s3Code: 'AccessDenied' }, /s3:PutObject/],
    ['a key that nobody knows', () => s3Error(403, 'InvalidAccessKeyId'), { status: 403 }, /access key id/],
    ['a wrong secret', () => s3Error(403, 'SignatureDoesNotMatch'), { status: 403 }, /secret access key/],
    ['credentials that have expired', () => s3Error(400, 'ExpiredToken', '<Token-0>hush</Token-0>'), {}, /expired/],
    [
      'a clock that is wrong',
      () => s3Error(403, 'RequestTimeTooSkewed', '', { date: new Date(Date.now() - 3_600_000).toUTCString() }),
      { s3Code: 'RequestTimeTooSkewed' },
      /clock of this machine is 3[56]\d\d seconds fast/,
    ],
    [
      'a wrong region',
      () => s3Error(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'),
      {},
      /eu-west-1/,
    ],
    [
      'another region',
      () => s3Error(301, 'PermanentRedirect', '', { 'x-amz-bucket-region': 'eu-west-2' }),
      {},
      /eu-west-2/,
    ],
    [
      'a web page',
      () => new Response('<html>Log in', { status: 403, headers: { 'content-type': 'text/html' } }),
      {},
      /login page/,
    ],
  ];
  it.each(cases)('%s', async (_, answer, details, hint) => {
    const { options } = failing(answer);
    const blobs = s3BlobStore(options);
    const expected = {
      name: 'StoreError',
      retryable: false,
      store: 's3://some-bucket',
      hint: expect.stringMatching(hint) as string,
    };
    const detailed = {
      ...expected,
      details: expect.objectContaining({ bucket: 'some-bucket', host: 's3.example', ...details }) as object,
    };
    await expect(blobs.put(digest, bytesSource(bytes))).rejects.toMatchObject({ ...detailed, code: 'ERR_STORE_WRITE' });
    await expect(blobs.get(digest)).rejects.toMatchObject({ ...detailed, code: 'ERR_STORE_READ', digest });
    await expect(blobs.stat(digest)).rejects.toMatchObject(detailed);
    await expect(blobs.delete(digest)).rejects.toMatchObject(detailed);
    await expect(blobs.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(detailed);
    await expect(blobs.ingest()).rejects.toMatchObject(detailed);
    await expect(blobs.sweepAbandoned({ olderThanSeconds: 0 })).rejects.toMatchObject(detailed);
    await expect(s3RecordStore(options).get('a')).rejects.toMatchObject(detailed);
    await expect(s3RecordStore(options).put('a', bytes, { ifVersion: null })).rejects.toMatchObject(detailed);
    const error: unknown = await blobs.get(digest).catch((reason: unknown) => reason);
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toMatch(/hush/);
  });

  it('a page that answers 200 to everything', async () => {
    const page = (): Response =>
      new Response('<html>Welcome', { headers: { 'content-type': 'text/html', 'content-length': '13' } });
    const { options } = failing(page);
    const blobs = s3BlobStore(options);
    const records = s3RecordStore(options);
    for (const doing of [
      () => blobs.put(digest, bytesSource(bytes)),
      () => blobs.get(digest),
      () => blobs.stat(digest),
      () => blobs.delete(digest),
      () => blobs.list()[Symbol.asyncIterator]().next(),
      () => blobs.sweepAbandoned({ olderThanSeconds: 0 }),
      () => records.get('a'),
      () => records.put('a', bytes, { ifVersion: null }),
      () => records.list('')[Symbol.asyncIterator]().next(),
    ]) {
      const error: unknown = await doing().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isPackError(error) && error.code).toMatch(/^ERR_STORE_(READ|WRITE)$/);
    }
  });

  it.each([
    [403, 'QuotaExceeded'],
    [507, 'InsufficientStorage'],
    [507, ''],
    [507, 'XMinioStorageFull'],
  ])('a bucket that is full: %s %s', async (status, code) => {
    const { s3, options } = failing(({ method }) => (method === 'PUT' ? s3Error(status, code) : undefined));
    const full = { code: 'ERR_STORE_QUOTA', retryable: false, hint: expect.stringMatching(/no room left/) as string };
    await expect(s3BlobStore(options).put(digest, bytesSource(bytes))).rejects.toMatchObject(full);
    await expect(s3BlobStore(options).put(largeDigest, bytesSource(large))).rejects.toMatchObject(full);
    expect(s3.uploads.size).toBe(0);
  });

  it('a host that is not there', async () => {
    const { options } = failing(() => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) });
    });
    await expect(s3BlobStore(options).get(digest)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      hint: expect.stringMatching(/there is no host s3.example/) as string,
    });
  });

  it('an answer that never comes', async () => {
    const never: S3StoreOptions['client'] = { fetch: () => new Promise(() => undefined) };
    const store = s3BlobStore({
      client: never,
      bucket: 'some-bucket',
      timeouts: { answerMs: 20 },
      retry: { attempts: 1 },
    });
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ', retryable: true });
  });

  it('a blob that was deleted after it was found', async () => {
    const { options } = failing(() => undefined);
    const store = s3BlobStore(options);
    await store.put(largeDigest, bytesSource(large));
    const found = await store.get(largeDigest);
    await store.delete(largeDigest);
    await expect(found?.open()).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND', digest: largeDigest });
  });

  it.each([
    ['an upload without an id', /uploads=/, () => new Response('<InitiateMultipartUploadResult/>')],
    ['a part without an ETag', /partNumber=1/, () => new Response()],
    ['the end of an upload that is not there', /^POST .*uploadId/, () => s3Error(404, 'NoSuchUpload')],
  ])('%s', async (_, asked, answer) => {
    const { options } = failing(({ method, url }) => (asked.test(`${method} ${url.search}`) ? answer() : undefined));
    const store = s3BlobStore(options);
    await expect(store.put(largeDigest, bytesSource(large))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(await store.get(largeDigest)).toBeUndefined();
  });

  it('an upload that is said to be complete, and is not there', async () => {
    const yes = (): Response => new Response('<CompleteMultipartUploadResult/>');
    const { s3, options } = failing(({ method, url }) =>
      method === 'POST' && url.searchParams.has('uploadId') ? yes() : undefined,
    );
    await expect(s3BlobStore(options).put(largeDigest, bytesSource(large))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      retryable: true,
    });
    expect(s3.uploads.size).toBe(0);
  });

  it('a piece of an ingest that cannot be read, or has another size', async () => {
    const { s3, options } = failing(() => undefined);
    const ingest = await s3BlobStore(options).ingest();
    await ingest.append(bytesSource(bytes));
    s3.fault = ({ method, key }) =>
      method === 'GET' && key.startsWith('ingests/') ? s3Error(403, 'AccessDenied') : undefined;
    await expect(ingest.commit('sha512')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    s3.fault = () => undefined;
    for (const [key, piece] of s3.objects)
      if (piece.bytes.length > 0) s3.objects.set(key, { ...piece, bytes: bytes.slice(0, 1000) });
    await expect(ingest.commit('sha512')).rejects.toMatchObject({
      name: expect.stringMatching(/^(Store|Integrity)Error$/) as string,
    });
  });

  it('a list that is cut and does not go on', async () => {
    const { options } = failing(({ key, method }) =>
      key === '' && method === 'GET'
        ? new Response('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>')
        : undefined,
    );
    await expect(s3BlobStore(options).list()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
    });
  });

  it.each([
    ['If-None-Match', 'if-none-match'],
    ['If-Match', 'if-match'],
  ])('a server that ignores %s, and writes no record there', async (name, header) => {
    const { s3, options } = failing(({ headers }, serve) => {
      headers.delete(header);
      return serve();
    });
    await expect(s3RecordStore(options).put('a', bytes, { ifVersion: null })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining(`ignores ${name}:`) as string,
    });
    expect([...s3.objects.keys()]).toEqual(['conditions']);
  });

  it('a server that does not know conditions, and writes no record there', async () => {
    const { s3, options } = failing(({ headers }) =>
      headers.has('if-none-match') || headers.has('if-match') ? s3Error(501, 'NotImplemented') : undefined,
    );
    await expect(s3RecordStore(options).put('a', bytes, { ifVersion: null })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('ignores If-None-Match:') as string,
    });
    expect(s3.objects.size).toBe(0);
  });

  it('an object that is no record, or another one, or was changed', async () => {
    const { s3, options } = failing(() => undefined);
    const store = s3RecordStore(options);
    await store.put('a', utf8('value'), { ifVersion: null });
    const object = s3.objects.get('records/a-');
    if (object === undefined) throw new Error('is not there');
    s3.objects.set('records/b-', object);
    await expect(store.get('b')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    s3.objects.set('records/a-', { ...object, bytes: object.bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)) });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    for (const other of [new Uint8Array(), utf8('hello'), utf8('\n'), new Uint8Array(5000).fill(0x20)]) {
      s3.objects.set('records/a-', { ...object, bytes: other });
      await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    }
  });

  it('no secret and no token', async () => {
    const secrets = ['AKIDHUSH', 'secret-hush', 'token-hush'] as const;
    const [accessKeyId, secretAccessKey, sessionToken] = secrets;
    for (const answer of [
      () => s3Error(403, 'SignatureDoesNotMatch', `<StringToSign>${sessionToken} ${accessKeyId}</StringToSign>`),
      () => s3Error(400, 'ExpiredToken', `<Token-0>${sessionToken}</Token-0>`),
      lost,
    ]) {
      const fetch: typeof globalThis.fetch = async () => Promise.resolve(answer());
      const client = s3Client({ credentials: { accessKeyId, secretAccessKey, sessionToken }, fetch });
      const store = s3BlobStore({ client, bucket: 'some-bucket', retry: { attempts: 1 } });
      for (let error: unknown = await store.get(digest).catch((reason: unknown) => reason); error instanceof Error;) {
        const shown = `${JSON.stringify(error)} ${error.stack ?? ''} ${Object.values(error).map(String).join(' ')}`;
        for (const secret of secrets) expect(shown).not.toContain(secret);
        error = error.cause;
      }
    }
  });
});

describe('a store on S3', () => {
  it('writes what is not there without a condition where the server does not know conditions', async () => {
    const { s3, options } = failing(({ headers }) =>
      headers.has('if-none-match') ? s3Error(501, 'NotImplemented') : undefined,
    );
    const store = s3BlobStore(options);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await store.put(largeDigest, bytesSource(large))).toEqual({ created: true });
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: false });
    expect(s3.seen.filter(({ headers }) => headers.has('if-none-match'))).toHaveLength(1);
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
  });

  it.each([
    ['says that it is not implemented', () => s3Error(501, 'NotImplemented')],
    ['misses the bytes', () => s3Error(411, 'MissingContentLength')],
    ['takes a part without bytes', () => new Response(null, { headers: { etag: '"a"' } })],
  ])('puts an ingest together itself where the server does not copy parts, and %s', async (_, answer) => {
    const { s3, options } = failing(({ headers }) => (headers.has('x-amz-copy-source') ? answer() : undefined));
    const ingest = await s3BlobStore(options).ingest();
    await ingest.append(bytesSource(large));
    expect(await ingest.commit(largeDigest)).toMatchObject({ created: true });
    expect([...s3.objects.keys()]).toEqual([nameOfBlob(largeDigest)]);
    expect(s3.uploads.size).toBe(0);
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
  });

  it('takes the documents of an upload by what is in them, and never an error for one', async () => {
    const renamed: Fault = async ({ method, url, headers }, serve) => {
      const answer = serve();
      const odd = (method === 'POST' && url.searchParams.has('uploads')) || headers.has('x-amz-copy-source');
      if (!odd) return answer;
      return new Response((await answer.text()).replaceAll(/InitiateMultipartUploadResult|CopyPartResult/g, 'Other'));
    };
    const { s3, options } = failing(renamed);
    const ingest = await s3BlobStore(options).ingest();
    await ingest.append(bytesSource(large));
    expect(await ingest.commit(largeDigest)).toMatchObject({ created: true });
    expect(s3.asked.filter((asked) => asked.startsWith('GET ingests/'))).toEqual([]);
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
    s3.objects.clear();
    s3.fault = ({ method }) => (method === 'POST' ? s3Error(200, 'NoSuchUpload', '<UploadId>a</UploadId>') : undefined);
    await expect(s3BlobStore(options).put(largeDigest, bytesSource(large))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      details: { s3Code: 'NoSuchUpload' },
    });
  });

  it('lists records with their versions where the server lists no ETag', async () => {
    const { options } = failing(async ({ key }, serve) => {
      const answer = serve();
      return key === '' ? new Response((await answer.text()).replaceAll(/<ETag>.*?<\/ETag>/g, '')) : answer;
    });
    const store = s3RecordStore(options);
    const versions = new Map<string, string>();
    for (const key of ['a', 'b c', 'gone', `long/${'x'.repeat(300)}`]) {
      const put = await store.put(key, bytes, { ifVersion: null });
      versions.set(key, put === 'conflict' ? '' : put.version);
    }
    await store.delete('gone', { ifVersion: versions.get('gone') ?? '' });
    versions.delete('gone');
    const listed = new Map<string, string>();
    for await (const { key, version } of store.list('')) listed.set(key, version);
    expect([...listed]).toEqual([...versions]);
  });

  it('keeps an empty blob where a server gives a range of nothing', async () => {
    const none = new Uint8Array();
    const { s3, options } = failing(({ method }, serve) => {
      const answer = serve();
      if (method !== 'GET' || answer.status !== 416) return answer;
      return new Response(none, { status: 206, headers: { 'content-range': 'bytes 0--1/0' } });
    });
    const store = s3BlobStore(options);
    expect(await store.put(digestOf(none), bytesSource(none))).toEqual({ created: true });
    expect((await store.stat(digestOf(none)))?.size).toBe(0);
    expect(await contentOf(s3, digestOf(none))).toEqual(none);
  });

  it('asks once for a small blob when it has learned that the server refuses what is there', async () => {
    const { s3, options } = failing(() => undefined);
    const store = s3BlobStore(options);
    const key = nameOfBlob(digest);
    const other = someBytes(50, 7);
    await store.put(digestOf(other), bytesSource(other));
    s3.seen.length = 0;
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(s3.asked).toEqual([`PUT ${key}`]);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: false });
    expect(s3.asked.slice(1)).toEqual([`PUT ${key}`, `GET ${key}`, `PUT found/${key}`]);
  });

  it('asks whether a blob is there where the server ignores conditions', async () => {
    const { s3, options } = failing(({ headers }, serve) => {
      headers.delete('if-none-match');
      return serve();
    });
    const store = s3BlobStore(options);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: false });
    const other = someBytes(50, 7);
    s3.seen.length = 0;
    expect(await store.put(digestOf(other), bytesSource(other))).toEqual({ created: true });
    expect(s3.seen).toHaveLength(2);
  });

  it('writes over the marker of a deletion, though the server says that something is there', async () => {
    const { s3, options } = failing(({ headers }) =>
      headers.has('if-none-match') ? s3Error(412, 'PreconditionFailed') : undefined,
    );
    expect(await s3BlobStore(options).put(digest, chunkedSource(bytes))).toEqual({ created: true });
    expect(await s3BlobStore(options).put(largeDigest, chunkedSource(large))).toEqual({ created: true });
    expect(digestOf(await contentOf(s3, digest))).toBe(digest);
    expect(digestOf(await contentOf(s3, largeDigest))).toBe(largeDigest);
    expect(s3.uploads.size).toBe(0);
    s3.fault = () => undefined;
    const [store, other] = [s3BlobStore(options), someBytes(50, 7)];
    await store.put(digestOf(other), bytesSource(other));
    s3.objects.delete(nameOfBlob(digest));
    s3.fault = ({ headers }) => (headers.has('if-none-match') ? s3Error(412, 'PreconditionFailed') : undefined);
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(digestOf(await contentOf(s3, digest))).toBe(digest);
  });

  it('lets another writer be first, and frees its parts', async () => {
    const { s3, options } = failing(() => undefined);
    await s3BlobStore(options).put(largeDigest, bytesSource(large));
    let asked = 0;
    s3.fault = ({ headers }) => (fromStart(headers) && asked++ === 0 ? s3Error(404, 'NoSuchKey') : undefined);
    const store = s3BlobStore(options);
    expect(await store.put(largeDigest, chunkedSource(large))).toEqual({ created: false });
    expect(s3.uploads.size).toBe(0);
  });

  it('sends the digest with the bytes, and all that the options say', async () => {
    const { s3, options } = failing(() => undefined, {
      storageClass: 'STANDARD_IA',
      serverSideEncryption: 'aws:kms',
      sseKmsKeyId: 'some-key',
      expectedBucketOwner: '123456789012',
    });
    await s3BlobStore(options).put(digest, bytesSource(bytes));
    await s3BlobStore(options).put(largeDigest, bytesSource(large));
    const whole = s3.seen.find(({ method }) => method === 'PUT');
    const begun = s3.seen.find(({ method }) => method === 'POST');
    for (const request of [whole, begun]) {
      expect(request?.headers.get('x-amz-storage-class')).toBe('STANDARD_IA');
      expect(request?.headers.get('x-amz-server-side-encryption')).toBe('aws:kms');
      expect(request?.headers.get('x-amz-server-side-encryption-aws-kms-key-id')).toBe('some-key');
    }
    expect(whole?.headers.get('x-amz-content-sha256')).toBe(digest.slice(7));
    for (const { headers } of s3.seen) expect(headers.get('x-amz-expected-bucket-owner')).toBe('123456789012');
  });

  it('sends no byte of a small blob that is wrong, and completes no large one', async () => {
    const { s3, options } = failing(() => undefined);
    const store = s3BlobStore(options);
    await expect(store.put(digest, bytesSource(someBytes(3000, 2)))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    expect(s3.asked.some((asked) => asked.startsWith('PUT'))).toBe(false);
    await expect(store.put(largeDigest, chunkedSource(someBytes(12 << 20, 2)))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    expect(s3.asked.some((asked) => /^POST .*uploadId/.test(asked))).toBe(false);
    expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
  });

  it('has a fixed number of parts under way', async () => {
    let underWay = 0;
    let most = 0;
    const { s3, options } = failing(
      async ({ url }, serve) => {
        if (!url.searchParams.has('partNumber')) return undefined;
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 10));
        underWay--;
        return serve();
      },
      { partsInFlight: 2 },
    );
    const huge = someBytes(36 << 20);
    await s3BlobStore(options).put(digestOf(huge), chunkedSource(huge, [1 << 20]));
    expect(most).toBe(2);
    expect(await contentOf(s3, digestOf(huge))).toHaveLength(huge.length);
  });

  it('lists what is its own, page by page', async () => {
    const { s3, options } = failing(() => undefined, { prefix: 'one' });
    s3.pageSize = 7;
    const store = s3BlobStore(options);
    const digests: Digest[] = [];
    for (let index = 0; index < 20; index++) {
      const blob = someBytes(10, index + 1);
      digests.push(digestOf(blob));
      await store.put(digestOf(blob), bytesSource(blob));
    }
    const stray = s3.objects.get(`one/${nameOfBlob(digests[0] ?? digest)}`);
    if (stray === undefined) throw new Error('is not there');
    for (const key of [
      'one/sha256/zz',
      'one/sha256/00/01',
      `one/${nameOfBlob(digest)}.txt`,
      `two/${nameOfBlob(digest)}`,
      'a<&">',
    ])
      s3.objects.set(key, stray);
    const listed: Digest[] = [];
    for await (const { digest: found, size } of store.list()) {
      listed.push(found);
      expect(size).toBe(10);
    }
    expect(listed.sort()).toEqual(digests.sort());
  });

  it('gives a URL that can be read without credentials, where the client signs', async () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'hush' };
    const signing = s3BlobStore({ client: s3Client({ credentials }), bucket: 'some-bucket' });
    const url = new URL((await signing.presign?.(digest, { expiresInSeconds: 60 })) ?? '');
    expect(url.pathname).toBe(`/${nameOfBlob(digest)}`);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    for (const expiresInSeconds of [0, 1.5, 604_801])
      await expect(signing.presign?.(digest, { expiresInSeconds })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    await expect(signing.presign?.('sha256:0')).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
    const { options } = failing(() => undefined);
    for (const power of ['presign', 'presignPut']) expect(power in s3BlobStore(options)).toBe(false);
  });

  it('gives a request that puts one blob without credentials, where the client signs', async () => {
    const client = s3Client({ credentials: { accessKeyId: 'AKID', secretAccessKey: 'hush' } });
    const signing = s3BlobStore({ client, bucket: 'some-bucket', storageClass: 'STANDARD_IA' });
    const put = await signing.presignPut?.(digest);
    expect(put?.method).toBe('PUT');
    expect(put?.headers).toEqual({
      'x-amz-checksum-sha256': integrityOf(digest).slice('sha256-'.length),
      'x-amz-storage-class': 'STANDARD_IA',
    });
    const { pathname, searchParams } = new URL(put?.url ?? '');
    expect(pathname).toBe(`/${nameOfBlob(digest)}`);
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-amz-checksum-sha256;x-amz-storage-class');
    await expect(signing.presignPut?.(digestOf(new Uint8Array(), 'sha512'))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});
