import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { integrityOf } from '../../src/digest/integrity.ts';
import { rebuildSriIndex, sriIndex, storeWithIntegrity } from '../../src/store/index.ts';
import { contentOf, countedSource, someBytes } from '../../src/testing/bytes.ts';
import { storeOf } from './stores.ts';
import { corruptBlob, digestsIn, keysIn, withoutIngest } from './wrapped-stores.ts';

const bytes = someBytes(1000);
const digest = digestOf(bytes);
const sri = (algorithm: 'sha256' | 'sha384' | 'sha512', of: Uint8Array = bytes): string =>
  integrityOf(digestOf(of, algorithm));
const wrong = someBytes(7);

describe('sriIndex', () => {
  it('finds a blob by any hash of its integrities', async () => {
    const index = sriIndex({ records: memoryRecordStore() });
    await index.add(digest, `${sri('sha512')}?opt ${sri('sha384')}`);
    await index.add(digest, [sri('sha256'), sri('sha512')]);
    for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
      expect(await index.find(sri(algorithm))).toBe(digest);
    }
    expect(await index.find(`${sri('sha512', wrong)} ${sri('sha512')} sha1-x`)).toBe(digest);
    expect(await index.find(sri('sha512', wrong))).toBeUndefined();
  });

  it('decides by the strongest algorithm only', async () => {
    const index = sriIndex({ records: memoryRecordStore() });
    await index.add(digest, sri('sha256'));
    expect(await index.find(`${sri('sha256')} ${sri('sha512', wrong)}`)).toBeUndefined();
  });

  it('forgets an integrity', async () => {
    const index = sriIndex({ records: memoryRecordStore() });
    await index.add(digest, sri('sha512'));
    expect(await index.remove(sri('sha512'))).toBe(true);
    expect(await index.remove(sri('sha512'))).toBe(false);
    expect(await index.find(sri('sha512'))).toBeUndefined();
  });

  it('refuses what is no integrity, and one that pins nothing', async () => {
    const index = sriIndex({ records: memoryRecordStore() });
    await expect(index.find('nonsense')).rejects.toMatchObject({ code: 'ERR_LOCK_ENTRY' });
    for (const weak of ['sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=', 'md5-x', 'blake3-x']) {
      await expect(index.find(weak)).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
      await expect(index.add(digest, weak)).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
    }
    await expect(index.add('sha256:1', sri('sha512'))).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
  });

  it('refuses another blob for an integrity, but for the same one under another algorithm', async () => {
    const index = sriIndex({ records: memoryRecordStore() });
    await index.add(digest, sri('sha512'));
    await expect(index.add(digestOf(wrong), sri('sha512'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await index.add(digestOf(bytes, 'sha512'), sri('sha512'));
    expect(await index.find(sri('sha512'))).toBe(digest);
  });

  it('refuses records that are not its own', async () => {
    const records = memoryRecordStore();
    await records.put(`integrity/${digestOf(bytes, 'sha512')}`, utf8('{"digest":"x"}'), { ifVersion: null });
    await expect(sriIndex({ records }).find(sri('sha512'))).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });
});

describe('rebuildSriIndex', () => {
  it('makes the same index again from the blobs', async () => {
    const { store, digests } = await storeOf(4);
    const [before, after] = [memoryRecordStore(), memoryRecordStore()];
    for (const [index, blob] of digests.entries()) {
      const content = new Uint8Array(index + 1);
      await sriIndex({ records: before }).add(blob, [
        sri('sha512', content),
        sri('sha384', content),
        sri('sha256', content),
      ]);
    }
    const report = await rebuildSriIndex({ blobs: store, index: sriIndex({ records: after }) });
    expect(report).toEqual({ blobs: 4, bytes: 10, errors: [] });
    expect(await keysIn(after)).toEqual(await keysIn(before));
  });

  it('names what it cannot read, and goes on', async () => {
    const { store, digests } = await storeOf(3);
    const index = sriIndex({ records: memoryRecordStore() });
    const blobs = corruptBlob(store, digests[1] as Digest);
    const gone = {
      ...blobs,
      get: (wanted: Digest) => (wanted === digests[0] ? Promise.resolve(undefined) : blobs.get(wanted)),
    };
    const report = await rebuildSriIndex({ blobs: gone, index, algorithms: ['sha512'] });
    expect(report).toMatchObject({ blobs: 1, errors: [{ digest: digests[1], code: 'ERR_DIGEST_MISMATCH' }] });
    const reason = new Error('enough');
    await expect(rebuildSriIndex({ blobs, index, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('storeWithIntegrity', () => {
  for (const ingest of [true, false]) {
    const make = () => {
      const memory = memoryBlobStore();
      const blobs = ingest ? memory : withoutIngest(memory);
      const records = memoryRecordStore();
      return { memory, records, store: storeWithIntegrity({ blobs, index: sriIndex({ records }) }) };
    };
    const how = ingest ? 'with ingests' : 'without ingests';

    it(`stores bytes under their digest, and finds them by any of their integrities, ${how} (W1)`, async () => {
      const { memory, store } = make();
      const counted = countedSource(bytes);
      const integrity = `${sri('sha512')} ${sri('sha384')}`;
      expect(await store.put(integrity, counted.source)).toEqual({ created: true, digest });
      expect(await store.put(sri('sha384'), counted.source)).toEqual({ created: false, digest });
      expect(counted.opened()).toBe(ingest ? 1 : 2);
      expect(await digestsIn(memory)).toEqual(new Set([digest]));
      const blob = await store.get(sri('sha384'));
      expect(await contentOf((await blob?.open()) as ReadableStream<Uint8Array>)).toEqual(bytes);
      expect(await store.get(sri('sha512', wrong))).toBeUndefined();
    });

    it(`refuses bytes that the strongest hash does not pin, and keeps nothing, ${how}`, async () => {
      const { memory, records, store } = make();
      const integrity = `${sri('sha512', wrong)} ${sri('sha256')}`;
      await expect(store.put(integrity, bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
      expect((await digestsIn(memory)).size).toBe(0);
      expect(await keysIn(records)).toEqual([]);
    });

    it(`puts again what the index knows and the store lost, ${how}`, async () => {
      const { memory, store } = make();
      await store.put(sri('sha512'), bytesSource(bytes));
      await memory.delete(digest);
      expect(await store.get(sri('sha512'))).toBeUndefined();
      expect(await store.put(sri('sha512'), bytesSource(bytes))).toMatchObject({ created: true, digest });
    });
  }

  it('never gives the end of bytes that the integrity does not pin, whatever the index says', async () => {
    const blobs = memoryBlobStore();
    const index = sriIndex({ records: memoryRecordStore() });
    await blobs.put(digest, bytesSource(bytes));
    await index.add(digest, sri('sha512', wrong));
    const blob = await storeWithIntegrity({ blobs, index }).get(sri('sha512', wrong));
    await expect(contentOf((await blob?.open()) as ReadableStream<Uint8Array>)).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
  });

  it('needs no second check where the integrity is the digest', async () => {
    const blobs = memoryBlobStore();
    const store = storeWithIntegrity({ blobs, index: sriIndex({ records: memoryRecordStore() }) });
    await store.put(sri('sha256'), bytesSource(bytes));
    const blob = await store.get(sri('sha256'));
    expect(await contentOf((await blob?.open()) as ReadableStream<Uint8Array>)).toEqual(bytes);
  });
});
