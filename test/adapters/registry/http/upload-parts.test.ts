import { describe, expect, it } from 'vitest';
import { memoryRecordStore } from '../../../../src/adapters/memory/memory-record-store.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import type { RecordStore } from '../../../../src/ports/record-store.ts';
import { chunkedSource, countedSource, hangingSource, someBytes } from '../../../../src/testing/bytes.ts';
import { BlobRegistry, descriptorOf, problem } from './blob-registry.ts';

const bytes = someBytes(5_000_000);
const blob = descriptorOf(bytes);
const megabyte = 1 << 20;
const inParts = { maxBodyBytes: megabyte };

function ranges(registry: BlobRegistry): (string | null)[] {
  return registry.requests
    .filter(({ method }) => method === 'PATCH')
    .map(({ headers }) => headers.get('content-range'));
}

async function put(registry: BlobRegistry, profile: object = inParts): Promise<void> {
  await registry.open({ profile }).put(blob, chunkedSource(bytes));
  expect(registry.blobs.has(blob.digest)).toBe(true);
  expect(registry.sessions.size).toBe(0);
}

describe('upload in parts', () => {
  it('C11: sends them in order, with inclusive ranges, each to the address that the one before gave', async () => {
    const registry = new BlobRegistry();
    await put(registry);
    expect(ranges(registry)).toEqual([
      '0-1048575',
      '1048576-2097151',
      '2097152-3145727',
      '3145728-4194303',
      '4194304-4999999',
    ]);
    expect(registry.log.filter((line) => line.startsWith('PATCH'))[1]).toBe('PATCH uploads/1?_state=1048576');
    expect(registry.log.at(-1)).toContain('PUT uploads/1?_state=5000000&digest=');
    expect(registry.requests.at(-1)?.body).toBeNull();
  });

  it('C11: gives each part but the last as many bytes as the registry wants', async () => {
    const registry = new BlobRegistry();
    registry.override = (request) => {
      if (request.method !== 'POST') return undefined;
      registry.sessions.set('x', new Uint8Array());
      const headers = { location: '/v2/team/app/blobs/uploads/x', 'oci-chunk-min-length': '4500000' };
      return new Response(null, { status: 202, headers });
    };
    await put(registry, { maxBodyBytes: 4_600_000 });
    expect(ranges(registry)).toEqual(['0-4499999', '4500000-4999999']);
  });

  it('says where no size fits', async () => {
    const registry = new BlobRegistry();
    const profile = { ...inParts, chunked: { minBytes: 5 * megabyte } };
    const failed = registry.open({ profile }).put(blob, chunkedSource(bytes));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED' });
    expect(registry.sessions.size).toBe(0);
  });

  it.each([0, 1, 2, 3, 4])('ends where the connection drops on part %d, kept or not', async (dropped) => {
    for (const forgetful of [false, true]) {
      const registry = new BlobRegistry();
      registry.forgetful = forgetful;
      let part = 0;
      registry.cut = (request) => (request.method === 'PATCH' && part++ === dropped ? 300_000 : undefined);
      await put(registry);
      expect(registry.count('POST')).toBe(1);
    }
  });

  it.each([0, 1, 4])('ends where the answer to part %d is lost', async (lost) => {
    const registry = new BlobRegistry();
    let part = 0;
    registry.cut = (request) => (request.method === 'PATCH' && part++ === lost ? megabyte : undefined);
    await put(registry);
  });

  it.each([201, 204])('takes a part that is answered with %d and a range that does not move', async (status) => {
    const registry = new BlobRegistry();
    const inner = registry.fetch;
    const fetch: typeof inner = async (input, init) => {
      const answer = await inner(input, init);
      if (init?.method !== 'PATCH') return answer;
      const headers = new Headers(answer.headers);
      headers.set('range', '0-1048575');
      return new Response(null, { status, headers });
    };
    Object.assign(registry, { fetch });
    await put(registry);
    expect(registry.count('PATCH')).toBe(5);
  });

  it('sends what is missing where the registry has taken less of a part', async () => {
    const registry = new BlobRegistry();
    let first = true;
    registry.override = async (request, path) => {
      if (request.method !== 'PATCH' || !first) return undefined;
      first = false;
      registry.sessions.set('1', new Uint8Array(await request.arrayBuffer()).slice(0, 1000));
      return new Response(null, { status: 202, headers: { location: `/v2/team/app/blobs/${path}`, range: '0-999' } });
    };
    await put(registry);
    expect(ranges(registry)[1]).toBe('1000-1048575');
  });

  it('counts itself where a part is misplaced and the registry does not tell what it has', async () => {
    const registry = new BlobRegistry();
    let part = 0;
    registry.cut = (request) => (request.method === 'PATCH' && part++ === 1 ? megabyte : undefined);
    registry.override = (request) => (request.method === 'GET' ? problem(404, 'BLOB_UPLOAD_UNKNOWN') : undefined);
    await put(registry);
    expect(registry.count('POST')).toBe(1);
  });

  it.each([400, 405, 411, 413, 416])(
    'is what is tried where a registry answers %d to everything at once',
    async (status) => {
      const registry = new BlobRegistry();
      registry.override = (request) =>
        request.method === 'PUT' && request.body !== null ? problem(status, 'X') : undefined;
      await put(registry, {});
      expect(registry.count('PATCH')).toBe(2);
    },
  );

  it('is what is tried where a body that is sent once is redirected', async () => {
    const registry = new BlobRegistry();
    registry.override = (request) => {
      if (request.method !== 'PUT' || request.body === null) return undefined;
      throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    };
    await put(registry, {});
  });

  it('is not tried where the registry is known to take none', async () => {
    const registry = new BlobRegistry();
    registry.override = (request) => (request.method === 'PUT' ? problem(413, 'SIZE') : undefined);
    const failed = registry.open({ profile: { chunked: false } }).put(blob, chunkedSource(bytes));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_REGISTRY_REJECTED', status: 413 });
    expect(registry.count('PATCH')).toBe(0);
  });

  it('gives up where the registry never takes a part', async () => {
    const registry = new BlobRegistry();
    registry.override = (request) => (request.method === 'PATCH' ? problem(503, 'UNAVAILABLE') : undefined);
    const failed = registry.open({ profile: inParts, attempts: 2 }).put(blob, chunkedSource(bytes));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_REGISTRY_UNAVAILABLE' });
    expect(registry.sessions.size).toBe(0);
  });
});

describe('an upload that is remembered', () => {
  async function records(store: RecordStore): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list('')) keys.push(key);
    return keys;
  }

  async function interrupted(registry: BlobRegistry, uploads: RecordStore): Promise<void> {
    registry.cut = () => 2 * megabyte;
    const failed = registry.open({ uploads, attempts: 1 }).put(blob, chunkedSource(bytes));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK' });
    registry.cut = undefined;
  }

  it('goes on in another process, and leaves nothing', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    await interrupted(registry, uploads);
    expect(await records(uploads)).toHaveLength(1);
    expect(registry.sessions.get('1')).toHaveLength(2 * megabyte);
    const { source } = countedSource(bytes);
    await registry.open({ uploads }).put(blob, source);
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(registry.requests.at(-1)?.headers.get('content-range')).toBe(`${2 * megabyte}-4999999`);
    expect(registry.count('POST')).toBe(1);
    expect(await records(uploads)).toEqual([]);
    expect(registry.sessions.size).toBe(0);
  });

  it('checks also the bytes that the registry has already', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    await interrupted(registry, uploads);
    const wrong = bytes.slice();
    wrong[5] = (wrong[5] ?? 0) ^ 1;
    const failed = registry.open({ uploads }).put(blob, chunkedSource(wrong));
    await expect(failed).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    expect(await records(uploads)).toEqual([]);
    expect(registry.sessions.size).toBe(0);
  });

  it('begins anew where the registry has forgotten it', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    await interrupted(registry, uploads);
    registry.sessions.clear();
    await registry.open({ uploads }).put(blob, chunkedSource(bytes));
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(await records(uploads)).toEqual([]);
  });

  it('begins anew where what the registry has is wrong', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    await interrupted(registry, uploads);
    registry.sessions.set('1', new Uint8Array(2 * megabyte));
    await registry.open({ uploads }).put(blob, chunkedSource(bytes));
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(await records(uploads)).toEqual([]);
  });

  it.each(['', 'null', '{"location":1}', '{"location":"https://other.example/","minBytes":0}'])(
    'begins anew where the record is %j',
    async (text) => {
      const registry = new BlobRegistry();
      const uploads = memoryRecordStore();
      await interrupted(registry, uploads);
      const [key = ''] = await records(uploads);
      const { version } = (await uploads.get(key)) ?? { version: '' };
      await uploads.put(key, utf8(text), { ifVersion: version });
      await registry.open({ uploads }).put(blob, chunkedSource(bytes));
      expect(registry.blobs.has(blob.digest)).toBe(true);
      expect(await records(uploads)).toEqual([]);
    },
  );

  it('stays after an abort', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    const controller = new AbortController();
    const source = hangingSource(bytes, () => controller.abort(new Error('enough')));
    const failed = registry.open({ uploads }).put(blob, source, { signal: controller.signal });
    await expect(failed).rejects.toThrow('enough');
    expect(await records(uploads)).toHaveLength(1);
    expect(registry.sessions.size).toBe(1);
  });

  it('is left to a process that is still at it', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    await interrupted(registry, uploads);
    // Whoever looks finds that a part more has come.
    registry.override = (request) => {
      const held = registry.sessions.get('1') ?? new Uint8Array();
      if (request.method === 'GET') registry.sessions.set('1', bytes.slice(0, held.length + 1000));
      return undefined;
    };
    await registry.open({ uploads }).put(blob, chunkedSource(bytes));
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(registry.count('POST')).toBe(2);
    expect(registry.count('DELETE')).toBe(0);
    expect(await records(uploads)).toHaveLength(1);
  });

  it('that another process has taken is not gone on with', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    let parts = 0;
    registry.override = async (request) => {
      if (request.method !== 'PATCH' || ++parts !== 2) return undefined;
      const [key = ''] = await records(uploads);
      const { value, version } = (await uploads.get(key)) ?? { value: utf8(''), version: '' };
      await uploads.put(key, value, { ifVersion: version });
      return undefined;
    };
    await registry.open({ uploads, profile: inParts }).put(blob, chunkedSource(bytes));
    expect(registry.blobs.has(blob.digest)).toBe(true);
    expect(registry.count('POST')).toBe(2);
    expect(registry.count('DELETE')).toBe(0);
    expect(registry.sessions.get('1')).toHaveLength(2 * megabyte);
    expect(await records(uploads)).toHaveLength(1);
  });

  it('is not made for a small blob', async () => {
    const registry = new BlobRegistry();
    const uploads = memoryRecordStore();
    const few = someBytes(100);
    registry.override = (request) => (request.method === 'PUT' ? problem(503, 'UNAVAILABLE') : undefined);
    await expect(registry.open({ uploads, attempts: 1 }).put(descriptorOf(few), chunkedSource(few))).rejects.toThrow();
    expect(await records(uploads)).toEqual([]);
  });
});
