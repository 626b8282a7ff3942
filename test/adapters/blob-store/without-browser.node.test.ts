import { describe, expect, it } from 'vitest';
import { indexedDbBlobStore, indexedDbRecordStore } from '../../../src/adapters/blob-store/indexeddb.ts';
import { opfsBlobStore, opfsRecordStore } from '../../../src/adapters/blob-store/opfs.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf } from '../../../src/digest/digest.ts';

const invalid = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error;

describe('the stores of browsers', () => {
  it.each(['', '/', '/a', 'a/', 'a//b', '..', 'a/../b', './a', 5])('refuse the directory %j', (directory) => {
    expect(() => opfsBlobStore({ directory: directory as string })).toThrow(invalid);
    expect(() => opfsRecordStore({ directory: directory as string })).toThrow(invalid);
  });

  it.each(['', 5])('refuse the database name %j', (name) => {
    expect(() => indexedDbBlobStore({ name: name as string })).toThrow(invalid);
    expect(() => indexedDbRecordStore({ name: name as string })).toThrow(invalid);
  });

  it.each([opfsBlobStore, opfsRecordStore, indexedDbBlobStore, indexedDbRecordStore])(
    'refuse options that nobody reads: %o',
    (make) => {
      expect(() => make({ folder: 'x' } as object)).toThrow(invalid);
    },
  );

  it.each([0, -1, NaN, 1.5])('refuse a lifetime of %d', (ingestLifetime) => {
    expect(() => opfsBlobStore({ ingestLifetime })).toThrow(invalid);
    expect(() => indexedDbBlobStore({ ingestLifetime })).toThrow(invalid);
  });

  const bytes = utf8('x');
  it.each([opfsBlobStore(), indexedDbBlobStore()])(
    'say that there is none where there is no browser: %#',
    async (store) => {
      const unsupported = { code: 'ERR_UNSUPPORTED' };
      await expect(store.put(digestOf(bytes), bytesSource(bytes))).rejects.toMatchObject(unsupported);
      await expect(store.get(digestOf(bytes))).rejects.toMatchObject(unsupported);
      await expect(store.stat(digestOf(bytes))).rejects.toMatchObject(unsupported);
      await expect(store.delete(digestOf(bytes))).rejects.toMatchObject(unsupported);
      await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject(unsupported);
      await expect(store.ingest?.()).rejects.toMatchObject(unsupported);
      await expect(store.sweepAbandoned({ olderThanSeconds: 1 })).rejects.toMatchObject(unsupported);
      await expect(store.sweepAbandoned({ olderThanSeconds: -1 })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
      expect(await store.persistence()).toEqual({ persisted: false, usage: undefined, quota: undefined });
    },
  );

  it.each([opfsRecordStore(), indexedDbRecordStore()])('keep no records either: %#', async (store) => {
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    await expect(store.put('a', bytes, { ifVersion: null })).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});
