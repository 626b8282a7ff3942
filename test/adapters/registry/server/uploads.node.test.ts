import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../../../src/adapters/blob-store/fs.ts';
import { memoryBlobStore, memoryRecordStore } from '../../../../src/adapters/blob-store/memory.ts';
import { layoutRegistry } from '../../../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import type { Registry } from '../../../../src/ports/registry.ts';
import { storeRegistry } from '../../../../src/registry/index.ts';
import { asking, codesOf, located, pushBlob, served, sha, startUpload, without, type Asker } from './served.ts';

const root = mkdtempSync(join(tmpdir(), 'packwright-uploads-'));
let made = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const overFolder = (directory: string): Registry =>
  storeRegistry({ blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }) });
const overLayouts = (directory: string): Registry => layoutRegistry({ directory });

/** A body that gives its parts one by one, and then waits until it is told to end. */
function slowBody(...parts: readonly string[]): {
  readonly body: ReadableStream<Uint8Array>;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
} {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 10 });
  const writer = writable.getWriter();
  const ignore = (): void => undefined;
  for (const part of parts) writer.write(utf8(part)).catch(ignore);
  return {
    body: readable,
    end: () => void writer.close().catch(ignore),
    fail: (error) => void writer.abort(error).catch(ignore),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe.each([
  ['a folder', overFolder],
  ['layouts', overLayouts],
])('an upload to a registry over %s', (_what, open) => {
  it('goes on after a restart of the server', async () => {
    const directory = join(root, String(++made));
    const before = asking(registryServer({ registry: open(directory) }));
    const location = await startUpload(before);
    await before('PATCH', location, { body: 'hello ' });
    const after = asking(registryServer({ registry: open(directory) }));
    expect((await after('GET', location)).headers.get('range')).toBe('0-5');
    expect((await after('PATCH', location, { headers: { 'content-range': '6-8' }, body: 'wor' })).status).toBe(202);
    expect((await after('PUT', `${location}?digest=${sha('hello world')}`, { body: 'ld' })).status).toBe(201);
    expect((await after('GET', `/v2/team/app/blobs/${sha('hello world')}`)).text).toBe('hello world');
  });

  it('leaves nothing in another repository', async () => {
    const directory = join(root, String(++made));
    const location = await startUpload(asking(registryServer({ registry: open(directory) })), 'team/app');
    const after = asking(registryServer({ registry: open(directory) }));
    expect((await after('GET', location.replace('team/app', 'team/other'))).status).toBe(404);
    expect((await after('GET', location)).status).toBe(204);
  });
});

describe.each([
  ['memory', () => memoryRegistry()],
  ['a folder', () => overFolder(join(root, String(++made)))],
])('an upload to a registry over %s', (_what, create) => {
  const serve = (): Asker => asking(registryServer({ registry: create() }));

  it('keeps what came of a body that is cut off, and says how much', async () => {
    const ask = serve();
    const location = await startUpload(ask);
    const { body, fail } = slowBody('hello', ' wor');
    const patching = ask('PATCH', location, { body });
    await settled();
    fail(new Error('connection reset'));
    const answer = await patching;
    expect([answer.status, codesOf(answer)]).toEqual([400, ['BLOB_UPLOAD_INVALID']]);
    const status = await ask('GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, '0-8']);
    expect((await ask('PUT', `${location}?digest=${sha('hello world')}`, { body: 'ld' })).status).toBe(201);
  });

  it('keeps what came when the client is gone', async () => {
    const ask = serve();
    const location = await startUpload(ask);
    const { body } = slowBody('hello');
    const gone = new AbortController();
    const patching = ask('PATCH', location, { body, signal: gone.signal });
    await settled();
    const reason = new Error('client is gone');
    gone.abort(reason);
    await expect(patching).rejects.toBe(reason);
    expect((await ask('GET', location)).headers.get('range')).toBe('0-4');
  });

  it('is worked on by one request at a time', async () => {
    const ask = serve();
    const location = await startUpload(ask);
    const { body, end } = slowBody('hello');
    const first = ask('PATCH', location, { body });
    await settled();
    const second = await ask('PATCH', location, { body: 'XXXXX' });
    expect([second.status, codesOf(second)]).toEqual([409, ['BLOB_UPLOAD_INVALID']]);
    expect((await ask('PUT', `${location}?digest=${sha('x')}`)).status).toBe(409);
    expect((await ask('GET', location)).status).toBe(204);
    end();
    expect((await first).headers.get('range')).toBe('0-4');
    expect((await ask('PUT', `${location}?digest=${sha('hello')}`)).status).toBe(201);
  });

  it('that is cancelled ends the request which is at it', async () => {
    const ask = serve();
    const location = await startUpload(ask);
    const { body } = slowBody('hello');
    const patching = ask('PATCH', location, { body });
    await settled();
    expect((await ask('DELETE', location)).status).toBe(204);
    expect((await patching).status).toBe(404);
    expect((await ask('GET', location)).status).toBe(404);
  });

  it('refuses a body that is not as long as it is said to be', async () => {
    const ask = serve();
    for (const length of ['4', '6']) {
      const location = await startUpload(ask);
      const headers = { 'content-length': length };
      const answer = await ask('PATCH', location, { headers, body: new Blob(['hello']).stream() });
      expect([answer.status, codesOf(answer)]).toEqual([400, ['SIZE_INVALID']]);
    }
    const headers = { 'content-length': 'many' };
    expect((await ask('PATCH', await startUpload(ask), { headers, body: 'hello' })).status).toBe(400);
  });

  it('that fails in a single POST leaves nothing open', async () => {
    const ask = served({ registry: create(), limits: { uploads: 1 } });
    const path = `/v2/a/blobs/uploads/?digest=${sha('hello')}`;
    for (const body of ['other', 'hell']) expect((await ask('POST', path, { body })).status).toBe(400);
    expect((await ask('POST', path, { body: 'hello' })).status).toBe(201);
  });
});

describe('the limits of uploads', () => {
  it('refuse more uploads than may be open at once, until one ends', async () => {
    const ask = served({ limits: { uploads: 2 } });
    const first = await startUpload(ask);
    await startUpload(ask);
    const refused = await ask('POST', '/v2/a/blobs/uploads/');
    expect([refused.status, codesOf(refused)]).toEqual([429, ['TOOMANYREQUESTS']]);
    expect(refused.headers.get('retry-after')).toBe('60');
    await ask('DELETE', first);
    expect((await ask('POST', '/v2/a/blobs/uploads/')).status).toBe(202);
  });

  it('forget an upload that nobody goes on with', async () => {
    let now = 0;
    const ask = served({ limits: { uploads: 2, uploadLifetime: 1000 }, clock: () => now });
    const [old, used] = [await startUpload(ask), await startUpload(ask)];
    now = 900;
    await ask('PATCH', used, { body: 'x' });
    now = 1500;
    await startUpload(ask);
    expect((await ask('GET', old)).status).toBe(404);
    expect((await ask('GET', used)).status).toBe(204);
  });

  it('give the room of uploads that rest to new ones', async () => {
    let now = 0;
    const ask = served({ limits: { uploads: 2 }, clock: () => now });
    const [old, used] = [await startUpload(ask), await startUpload(ask)];
    now = 500_000;
    await ask('PATCH', used, { body: 'x' });
    now = 700_000;
    await startUpload(ask);
    expect((await ask('GET', old)).status).toBe(404);
    expect((await ask('GET', used)).status).toBe(204);
    expect((await ask('POST', '/v2/a/blobs/uploads/')).status).toBe(429);
  });

  it('refuse a blob that is too large, told before or found out', async () => {
    const ask = served({ limits: { blobBytes: 5 } });
    const location = await startUpload(ask);
    await ask('PATCH', location, { body: 'abc' });
    const told = await ask('PATCH', location, { body: 'def' });
    expect([told.status, codesOf(told)]).toEqual([413, ['SIZE_INVALID']]);
    expect((await ask('PATCH', location, { body: new Blob(['def']).stream() })).status).toBe(413);
    expect((await ask('PATCH', location, { body: 'de' })).status).toBe(202);
  });

  it('tell clients the least length of a chunk', async () => {
    const answer = await served({ limits: { chunkMinLength: 1024 } })('POST', '/v2/a/blobs/uploads/');
    expect(answer.headers.get('oci-chunk-min-length')).toBe('1024');
    expect((await served()('POST', '/v2/a/blobs/uploads/')).headers.get('oci-chunk-min-length')).toBeNull();
  });

  it('answer a quota with 413 DENIED', async () => {
    const ask = served({ registry: memoryRegistry({ maxBytes: 4 }) });
    const answer = await ask('PATCH', await startUpload(ask), { body: 'hello' });
    expect([answer.status, codesOf(answer)]).toEqual([413, ['DENIED']]);
  });
});

describe('a registry that takes no uploads', () => {
  it('answers 405', async () => {
    const registry = memoryRegistry();
    const repository = (name: string) => {
      const inner = registry.repository(name);
      return { ...inner, blob: without(inner.blob, 'ingest', 'delete') };
    };
    const ask = served({ registry: { ...registry, repository } });
    expect((await ask('POST', '/v2/a/blobs/uploads/')).status).toBe(405);
    expect((await ask('DELETE', `/v2/a/blobs/${sha('x')}`)).status).toBe(405);
  });
});

describe('a large body', () => {
  it('flows through: what is sent waits for the store', async () => {
    const ask = served({ registry: overFolder(join(root, String(++made))) });
    let given = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (given++ < 64) controller.enqueue(new Uint8Array(1024 * 1024));
        else controller.close();
      },
    });
    const location = await startUpload(ask);
    const answer = await ask('PATCH', location, { body });
    expect(answer.headers.get('range')).toBe(`0-${64 * 1024 * 1024 - 1}`);
  });
});

describe('the same blob from two clients at once', () => {
  it('is there once for both', async () => {
    const ask = served({ blobs: memoryBlobStore(), records: fsRecordStore({ directory: join(root, 'records') }) });
    await Promise.all([pushBlob(ask, 'a', 'hello'), pushBlob(ask, 'a', 'hello'), pushBlob(ask, 'b', 'hello')]);
    for (const name of ['a', 'b']) expect((await ask('GET', `/v2/${name}/blobs/${sha('hello')}`)).text).toBe('hello');
    expect(located(await ask('POST', '/v2/a/blobs/uploads/'))).not.toBe('');
  });
});

describe('an upload whose commit failed when the store had the blob', () => {
  it('is not known any more, and begins anew', async () => {
    const records = memoryRecordStore();
    let broken = false;
    const get: typeof records.get = async (key, options) => {
      if (broken && key.includes('/blobs/')) throw new Error('the disk is gone');
      return records.get(key, options);
    };
    const registry = storeRegistry({ blobs: memoryBlobStore(), records: { ...records, get } });
    const ask = asking(registryServer({ registry, onError: () => undefined }));
    const location = await startUpload(ask);
    broken = true;
    expect((await ask('PUT', `${location}?digest=${sha('hello')}`, { body: 'hello' })).status).toBe(500);
    broken = false;
    const again = await ask('PUT', `${location}?digest=${sha('hello')}`, { body: 'hello' });
    expect([again.status, codesOf(again)]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    expect((await ask('POST', '/v2/team/app/blobs/uploads/')).status).toBe(202);
  });
});
