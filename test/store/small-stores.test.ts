import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import { namespacedRecordStore, readiness, readOnlyBlobStore, storeSet } from '../../src/store/index.ts';
import { recordStoreContract } from '../../src/testing/record-store-contract.ts';
import { storeOf } from './stores.ts';
import { bytesOf, digestsIn, keysIn } from './wrapped-stores.ts';

describe('storeSet', () => {
  it('opens a store once, when it is first asked for', async () => {
    let opened = 0;
    const open = (): BlobStore => {
      opened++;
      return memoryBlobStore();
    };
    const set = storeSet({ lazy: open }).add('ready', memoryBlobStore());
    expect([set.names, opened, set.has('lazy'), set.has('x')]).toEqual([['lazy', 'ready'], 0, true, false]);
    expect(await set.get('lazy')).toBe(await set.get('lazy'));
    expect(opened).toBe(1);
  });

  it('lists what there is when it is asked for what there is not', async () => {
    const set = storeSet({ one: memoryBlobStore(), two: memoryBlobStore() });
    await expect(set.get('three')).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      details: { available: ['one', 'two'] },
      message: 'store "three" is not known; there are one, two',
    });
    await expect(storeSet().get('x')).rejects.toThrow('there are no stores');
  });

  it('refuses a name twice', () => {
    const set = storeSet({ one: memoryBlobStore() });
    for (const name of ['one', '']) expect(() => set.add(name, memoryBlobStore())).toThrow(/store name/);
  });

  it('tells what each store can do, and why one cannot be opened, which is tried again', async () => {
    let broken = true;
    const set = storeSet({ memory: memoryBlobStore() }).add('down', () => {
      if (broken) throw new StoreError('ERR_STORE_READ', 'host is down');
      return memoryBlobStore();
    });
    const abilities = { ingest: true, range: true, list: true };
    expect(await set.describe()).toEqual([
      { name: 'memory', id: 'memory', abilities },
      { name: 'down', problem: 'host is down' },
    ]);
    broken = false;
    expect((await set.get('down')).abilities).toEqual(abilities);
  });
});

describe('readOnlyBlobStore', () => {
  it('reads, and refuses everything else', async () => {
    const { store, digests } = await storeOf(2);
    const [first] = digests as [Digest];
    const only = readOnlyBlobStore(store);
    expect(await bytesOf(only, first)).toEqual(new Uint8Array(1));
    expect(await only.stat(first)).toMatchObject({ size: 1 });
    expect((await digestsIn(only)).size).toBe(2);
    for (const writing of [only.put(first, bytesSource(new Uint8Array(1))), only.delete(first)]) {
      await expect(writing).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    }
    expect([only.abilities.ingest, Object.keys(only).includes('ingest')]).toEqual([false, false]);
  });
});

recordStoreContract(
  // A key of 1,024 bytes leaves no room for a prefix.
  {
    describe,
    it: (name, run) => {
      if (!name.startsWith('keeps keys apart')) it(name, run);
    },
  },
  {
    name: 'namespacedRecordStore',
    create: () =>
      Promise.resolve({ store: namespacedRecordStore({ records: memoryRecordStore(), prefix: 'tenants/a' }) }),
  },
);

describe('namespacedRecordStore', () => {
  it('keeps tenants apart (W22)', async () => {
    const records = memoryRecordStore();
    const [a, b] = ['t/a', 't/b'].map((prefix) => namespacedRecordStore({ records, prefix })) as [
      typeof records,
      typeof records,
    ];
    await a.put('x', utf8('1'), { ifVersion: null });
    await records.put('t/ab/x', utf8('1'), { ifVersion: null });
    expect([await b.get('x'), await keysIn(b), await keysIn(a), await keysIn(records)]).toEqual([
      undefined,
      [],
      ['x'],
      ['t/a/x', 't/ab/x'],
    ]);
  });

  it('refuses a prefix that is no part of a key', () => {
    for (const prefix of ['', '/', 'a/', '/a', 'a/../b', '.', 'é', 'a//b']) {
      expect(() => namespacedRecordStore({ records: memoryRecordStore(), prefix })).toThrow(/prefix/);
    }
  });
});

describe('readiness', () => {
  const wantedOf = (digests: readonly Digest[]) => digests.map((digest, index) => ({ digest, size: index + 1 }));

  it('is none where nothing is wanted, and ready where all is there', async () => {
    const { store, digests } = await storeOf(3);
    expect(await readiness({ blobs: store, wanted: [] })).toEqual({ state: 'none' });
    const wanted = [...wantedOf(digests), ...wantedOf(digests)];
    expect(await readiness({ blobs: store, wanted })).toEqual({ state: 'ready', blobs: 3, bytes: 6 });
  });

  it('says what is missing, and what has another size', async () => {
    const { store, digests } = await storeOf(3);
    const wanted = wantedOf(digests);
    await store.delete(digests[0] as Digest);
    const all = [...wanted, { digest: digests[2] as Digest, size: 9 }];
    expect(await readiness({ blobs: store, wanted: all })).toEqual({
      state: 'notReady',
      missing: [wanted[0]],
      wrongSize: [{ digest: digests[2], expected: 9, actual: 3 }],
    });
  });

  it('takes another lock for not ready, and nothing at all too (W16)', async () => {
    const { store, digests } = await storeOf(1);
    const [expected, actual] = [digestOf(utf8('a')), digestOf(utf8('b'))];
    const wanted = wantedOf(digests);
    expect(await readiness({ blobs: store, wanted, expected, actual })).toMatchObject({
      state: 'notReady',
      expected,
      actual,
    });
    expect(await readiness({ blobs: store, wanted: [], expected })).toMatchObject({ state: 'notReady', expected });
    expect(await readiness({ blobs: store, wanted, expected, actual: expected })).toMatchObject({ state: 'ready' });
  });

  it('does not take a store that fails for an empty one (W16)', async () => {
    const { store, digests } = await storeOf(2);
    const failure = new StoreError('ERR_STORE_READ', 'store is down');
    const blobs: BlobStore = { ...store, stat: () => Promise.reject(failure) };
    await expect(readiness({ blobs, wanted: wantedOf(digests) })).rejects.toBe(failure);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(readiness({ blobs: store, wanted: wantedOf(digests), signal })).rejects.toBe(reason);
  });

  it('asks several at once, and no more than it was told', async () => {
    const { store, digests } = await storeOf(12);
    let [running, most] = [0, 0];
    const blobs: BlobStore = {
      ...store,
      stat: async (digest) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        return store.stat(digest);
      },
    };
    await readiness({ blobs, wanted: wantedOf(digests), concurrency: 4 });
    expect(most).toBe(4);
  });
});
