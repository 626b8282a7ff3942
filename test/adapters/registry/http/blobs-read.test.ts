import { describe, expect, it } from 'vitest';
import { contentOf, someBytes } from '../../../../src/testing/bytes.ts';
import { BlobRegistry, descriptorOf, problem } from './blob-registry.ts';

const bytes = someBytes(300_000);
const blob = descriptorOf(bytes);

function holding(content: Uint8Array<ArrayBuffer> = bytes): BlobRegistry {
  const registry = new BlobRegistry();
  registry.blobs.set(blob.digest, content);
  return registry;
}

/** An answer whose body ends with the connection after so many bytes. */
function cutAnswer(content: Uint8Array<ArrayBuffer>, sent: number, init: ResponseInit = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(content.subarray(0, sent)),
    pull: (controller) => controller.error(new TypeError('terminated')),
  });
  return new Response(body, { headers: { 'content-length': String(content.length) }, ...init });
}

describe('stat of a blob over HTTP', () => {
  it('is the length that HEAD says, and undefined for what is not there', async () => {
    const registry = holding();
    expect(await registry.open().stat(blob.digest)).toEqual({ size: bytes.length });
    expect(await registry.open().stat(descriptorOf(bytes.subarray(1)).digest)).toBeUndefined();
    expect(registry.count('GET')).toBe(0);
  });

  it.each([
    ['refuses HEAD', () => problem(405, 'UNSUPPORTED')],
    ['says no length', () => new Response(null)],
    ['compresses', () => new Response(null, { headers: { 'content-encoding': 'gzip', 'content-length': '9' } })],
  ])('reads the first byte where a registry %s', async (_, head) => {
    const registry = holding();
    registry.override = (request) => (request.method === 'HEAD' ? head() : undefined);
    expect(await registry.open().stat(blob.digest)).toEqual({ size: bytes.length });
    expect(registry.requests.at(-1)?.headers.get('range')).toBe('bytes=0-0');
  });

  it('does not ask with HEAD where that is known to be refused', async () => {
    const registry = holding();
    const blobs = registry.open({ profile: { noHead: true } });
    expect(await blobs.stat(blob.digest)).toEqual({ size: bytes.length });
    expect(await blobs.stat(descriptorOf(bytes.subarray(1)).digest)).toBeUndefined();
    expect(registry.count('HEAD')).toBe(0);
  });

  it.each([
    [
      'gives all of it with its length',
      () => new Response(bytes, { headers: { 'content-length': '300000' } }),
      300_000,
    ],
    ['gives all of it without its length', () => new Response(bytes), 300_000],
    ['has nothing to give a byte of', () => new Response(null, { status: 416 }), 0],
  ])('takes the size of an answer that %s', async (_, answer, size) => {
    const registry = holding();
    registry.override = (request) => (request.method === 'GET' ? answer() : undefined);
    expect(await registry.open({ profile: { noHead: true } }).stat(blob.digest)).toEqual({ size });
  });

  it('says where a registry does not tell the size', async () => {
    const registry = holding();
    const headers = { 'content-range': 'bytes 0-0/*' };
    registry.override = () => new Response('x', { status: 206, headers });
    const stat = registry.open({ profile: { noHead: true } }).stat(blob.digest);
    await expect(stat).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });

  it('refuses a digest that is none', async () => {
    await expect(holding().open().stat('sha256:x')).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
  });
});

describe('get of a blob over HTTP', () => {
  it('gives the checked bytes', async () => {
    const found = await holding().open().get(blob.digest);
    expect(found?.size).toBe(bytes.length);
    expect(await contentOf((await found?.open()) as ReadableStream<Uint8Array>)).toEqual(bytes);
    expect(
      await holding()
        .open()
        .get(descriptorOf(bytes.subarray(1)).digest),
    ).toBeUndefined();
  });

  it('fails before the end where the bytes are wrong', async () => {
    const wrong = bytes.slice().fill(1, 9, 10);
    const found = await holding(wrong).open().get(blob.digest);
    await expect(contentOf((await found?.open()) as ReadableStream<Uint8Array>)).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
  });

  it('goes on after a cut with the rest, without a validator', async () => {
    const registry = holding();
    let cuts = 1;
    registry.override = (request) => (request.method === 'GET' && cuts-- > 0 ? cutAnswer(bytes, 1000) : undefined);
    const found = await registry.open().get(blob.digest);
    expect(await contentOf((await found?.open()) as ReadableStream<Uint8Array>)).toEqual(bytes);
    const { headers } = registry.requests.at(-1) as Request;
    expect([headers.get('range'), headers.get('if-range')]).toEqual(['bytes=1000-', null]);
  });

  it('says that a blob is gone', async () => {
    const registry = holding();
    const found = await registry.open().get(blob.digest);
    registry.blobs.clear();
    await expect(found?.open()).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it.each([
    [0, 10],
    [5, 6],
    [299_990, 300_000],
    [7, 7],
  ])('reads bytes %d to %d alone', async (start, end) => {
    for (const ranges of [true, false]) {
      const registry = holding();
      if (!ranges) registry.override = (request) => (request.method === 'GET' ? new Response(bytes) : undefined);
      const found = await registry.open().get(blob.digest);
      const part = (await found?.openUnverifiedRange(start, end)) as ReadableStream<Uint8Array>;
      expect(await contentOf(part)).toEqual(bytes.slice(start, end));
    }
  });

  it.each([
    [-1, 1],
    [2, 1],
    [0, 300_001],
    [0.5, 1],
  ])('refuses the range from %d to %d', async (start, end) => {
    const found = await holding().open().get(blob.digest);
    await expect(found?.openUnverifiedRange(start, end)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('openUnverified of a blob over HTTP', () => {
  it('takes one round trip', async () => {
    const registry = holding();
    const stream = await registry.open().openUnverified?.(blob);
    expect(await contentOf(stream as ReadableStream<Uint8Array>)).toEqual(bytes);
    expect(registry.log).toEqual([`GET ${blob.digest}`]);
  });

  it('starts where it is told to, whether the registry knows ranges or not', async () => {
    for (const ranges of [true, false]) {
      const registry = holding();
      if (!ranges) registry.override = () => new Response(bytes);
      const stream = await registry.open().openUnverified?.(blob, { start: 299_000 });
      expect(await contentOf(stream as ReadableStream<Uint8Array>)).toEqual(bytes.slice(299_000));
      expect(registry.requests[0]?.headers.get('range')).toBe('bytes=299000-');
    }
  });

  it('has nothing behind the end', async () => {
    const registry = holding();
    const stream = await registry.open().openUnverified?.(blob, { start: bytes.length });
    expect(await contentOf(stream as ReadableStream<Uint8Array>)).toEqual(new Uint8Array());
  });

  it('is undefined for what is not there', async () => {
    expect(await new BlobRegistry().open().openUnverified?.(blob)).toBeUndefined();
  });

  it.each([
    ['another range', { 'content-range': 'bytes 1-2/300000' }],
    ['no range', {}],
  ])('refuses a 206 of %s', async (_, headers: Record<string, string>) => {
    const registry = holding();
    registry.override = () => new Response('xx', { status: 206, headers });
    const read = registry.open().openUnverified?.(blob, { start: 299_000 });
    await expect(read).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
  });
});
