import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { indexedDbBlobStore } from '../../../../src/adapters/blob-store/indexeddb.ts';
import { opfsBlobStore } from '../../../../src/adapters/blob-store/opfs.ts';
import { suites } from '../../../browsers/store-contracts.ts';
import { scenarios } from '../../../browsers/store-scenarios.ts';
import { fileSystem, type FileSystemKind } from './file-system.ts';
import { OriginLocks } from './locks.ts';

/** Gives this process what a page has. Browsers are the judges of it: see `test/browsers`. */
function beOrigin(kind: FileSystemKind = {}): ReturnType<typeof fileSystem> {
  const root = fileSystem(kind);
  const storage = {
    getDirectory: () => Promise.resolve(root),
    estimate: () => Promise.resolve({ usage: 0, quota: kind.quota ?? 1e9 }),
    persisted: () => Promise.resolve(false),
  };
  vi.stubGlobal('navigator', { storage, locks: new OriginLocks() });
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
  return root;
}
afterAll(() => void vi.unstubAllGlobals());

const run = (name: string, kind = ''): Promise<unknown> | undefined => scenarios[name]?.(kind, `${name}-${kind}`);

describe.each([
  ['a page', false],
  ['a dedicated worker', true],
])('the files of %s', { timeout: 60_000 }, (_place, inPlace) => {
  beforeAll(() => void beOrigin({ inPlace }));

  for (const suite of ['opfsBlobStore', 'opfsRecordStore']) suites[suite]?.({ describe, it });

  it('say that there is no more room, and lose nothing', async () => {
    beOrigin({ inPlace, quota: 20 * 1024 * 1024 });
    expect(await run('full', 'opfs')).toEqual({ code: 'ERR_STORE_QUOTA', whole: true, list: [3 * 1024 * 1024] });
  });

  it('forget by age what a closed page left, also the copy that a browser wrote to', async () => {
    const root = beOrigin({ inPlace });
    const store = opfsBlobStore({ directory: 'left' });
    const bytes = new Uint8Array(1000);
    await store.put(digestOf(bytes), bytesSource(bytes));
    const tmp = await (await root.getDirectoryHandle('left')).getDirectoryHandle('tmp');
    const file = await tmp.getFileHandle('put-0', { create: true });
    file.content = new Uint8Array(500);
    (await tmp.getFileHandle('put-0.crswap', { create: true })).content = new Uint8Array(20);
    expect(await store.sweepAbandoned({ olderThanSeconds: 3600 })).toEqual({ uploads: 0, bytes: 0 });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 1, bytes: 520 });
    expect(await store.stat(digestOf(bytes))).toMatchObject({ size: 1000 });
  });
});

describe('the database of a page', { timeout: 60_000 }, () => {
  beforeAll(() => void beOrigin());

  for (const suite of ['indexedDbBlobStore', 'indexedDbRecordStore']) suites[suite]?.({ describe, it });

  it('says whose it is, and who is in the way', async () => {
    expect(await run('databases')).toEqual({
      blocked: ['ERR_CONFLICT', true],
      closed: 'works',
      other: ['ERR_STORE_READ', false],
      same: ['ERR_STORE_READ', false],
      newer: ['ERR_STORE_READ', false],
    });
  });

  it('forgets by age what a closed page left', async () => {
    const bytes = new Uint8Array(500);
    const closed = await indexedDbBlobStore({ name: 'left' }).ingest?.();
    await closed?.append(bytesSource(bytes));
    const store = indexedDbBlobStore({ name: 'left' });
    await store.put(digestOf(bytes), bytesSource(bytes));
    expect(await store.sweepAbandoned({ olderThanSeconds: 3600 })).toEqual({ uploads: 0, bytes: 0 });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 1, bytes: 500 });
    expect(await store.stat(digestOf(bytes))).toMatchObject({ size: 500 });
  });

  it('is in nobody’s way who deletes it, and begins anew', async () => {
    expect(await run('deleted')).toEqual({ before: [], put: { created: true } });
  });
});

describe.each(['opfs', 'indexeddb'])('what the browser promises for %s', (kind) => {
  it('is what it says', async () => {
    beOrigin();
    expect(await run('persistence', kind)).toEqual({ persisted: 'boolean', usage: 'number', quota: 'number' });
  });
});
