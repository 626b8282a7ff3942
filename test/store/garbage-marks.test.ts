import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import { collectGarbage, leasedBlobStore } from '../../src/store/index.ts';
import { blobStoreContract } from '../../src/testing/blob-store-contract.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { storeOf } from './stores.ts';
import { digestsIn, keysIn, putBlob, withoutIngest } from './wrapped-stores.ts';

const hour = 3600;
const start = Date.now() + 1000;
const at = (hours: number): number => start + hours * hour * 1000;

/** A store whose blobs are a year old, whatever is done with them. */
function undated(store: BlobStore): BlobStore {
  return {
    ...store,
    stat: async (digest) => {
      const stat = await store.stat(digest);
      return stat && { digest, size: stat.size, modifiedAt: 1 };
    },
    list: async function* () {
      for await (const { digest, size } of store.list()) yield { digest, size, modifiedAt: 1 };
    },
  };
}

describe('collectGarbage with records', () => {
  it('keeps an old blob for the whole grace after it was last named (W11)', async () => {
    const { store, digests } = await storeOf(2);
    const gc = { blobs: undated(store), records: memoryRecordStore(), graceSeconds: 24 * hour };
    expect(await collectGarbage({ ...gc, roots: digests, now: at(0) })).toMatchObject({ candidates: 0, deleted: 0 });
    const [first] = digests as [Digest];
    const roots = [first];
    expect(await collectGarbage({ ...gc, roots, now: at(1000) })).toMatchObject({ marked: 1, keptWithinGrace: 1 });
    expect(await collectGarbage({ ...gc, roots, now: at(1023) })).toMatchObject({ marked: 0, keptWithinGrace: 1 });
    expect(await collectGarbage({ ...gc, roots, now: at(1025) })).toMatchObject({ deleted: 1, bytesReclaimed: 2 });
    expect(await digestsIn(store)).toEqual(new Set([first]));
    expect(await keysIn(gc.records)).toEqual([]);
  });

  it('counts anew when a blob was named in between, or is gone', async () => {
    const { store, digests } = await storeOf(2);
    const gc = { blobs: undated(store), records: memoryRecordStore(), graceSeconds: 24 * hour };
    await collectGarbage({ ...gc, roots: [], now: at(0) });
    await collectGarbage({ ...gc, roots: digests, now: at(20) });
    expect(await keysIn(gc.records)).toEqual([]);
    expect(await collectGarbage({ ...gc, roots: [], now: at(40) })).toMatchObject({ marked: 2, deleted: 0 });
    await store.delete(digests[0] as Digest);
    await collectGarbage({ ...gc, roots: [], now: at(41) });
    expect(await keysIn(gc.records)).toEqual([`gc/${digests[1] ?? ''}`]);
  });

  it('counts anew when a writer without a lease found the blob after it was marked', async () => {
    const { store, digests } = await storeOf(1);
    const gc = { blobs: store, records: memoryRecordStore(), roots: [], graceSeconds: 24 * hour };
    await collectGarbage({ ...gc, now: at(-100) });
    expect(await collectGarbage({ ...gc, now: at(-1) })).toMatchObject({ marked: 1, deleted: 0 });
    const [digest] = digests as [Digest];
    const touched: BlobStore = {
      ...undated(store),
      stat: () => Promise.resolve({ digest, size: 1, modifiedAt: at(29) }),
    };
    expect(await collectGarbage({ ...gc, blobs: touched, now: at(30) })).toMatchObject({ keptWithinGrace: 1 });
    expect(await collectGarbage({ ...gc, blobs: undated(store), now: at(60) })).toMatchObject({ marked: 1 });
    expect(await collectGarbage({ ...gc, blobs: undated(store), now: at(90) })).toMatchObject({ deleted: 1 });
  });

  it('deletes in one run without a grace', async () => {
    const { store } = await storeOf(3);
    const report = await collectGarbage({ blobs: store, records: memoryRecordStore(), roots: [], graceSeconds: 0 });
    expect(report).toMatchObject({ deleted: 3, marked: 0, keptWithinGrace: 0, candidates: 3, errors: [] });
  });

  it('only says what it would do', async () => {
    const { store } = await storeOf(3);
    const gc = { blobs: undated(store), records: memoryRecordStore(), roots: [] };
    expect(await collectGarbage({ ...gc, now: at(0), dryRun: true })).toMatchObject({ marked: 3 });
    expect(await keysIn(gc.records)).toEqual([]);
    await collectGarbage({ ...gc, now: at(0) });
    expect(await collectGarbage({ ...gc, now: at(30), dryRun: true })).toMatchObject({ deleted: 3, dryRun: true });
    expect((await digestsIn(store)).size).toBe(3);
    expect(await collectGarbage({ ...gc, roots: await digestsIn(store), dryRun: true })).toMatchObject({
      candidates: 0,
    });
    expect(await keysIn(gc.records)).toHaveLength(3);
  });

  it('gives a blob free again that it could not delete', async () => {
    const { store, digests } = await storeOf(1);
    const failing: BlobStore = {
      ...undated(store),
      delete: () => Promise.reject(new StoreError('ERR_STORE_WRITE', 'blob is stuck')),
    };
    const gc = { records: memoryRecordStore(), roots: [] };
    await collectGarbage({ ...gc, blobs: failing, now: at(0) });
    const report = await collectGarbage({ ...gc, blobs: failing, now: at(30) });
    expect(report.errors).toMatchObject([{ digest: digests[0], code: 'ERR_STORE_WRITE' }]);
    expect(await collectGarbage({ ...gc, blobs: undated(store), now: at(30) })).toMatchObject({ deleted: 1 });
  });

  it('says why a blob could not be deleted, also when it cannot be given free', async () => {
    const { store, digests } = await storeOf(1);
    const records = memoryRecordStore();
    let broken = false;
    const stuck = (): Promise<never> => {
      broken = true;
      return Promise.reject(new StoreError('ERR_STORE_WRITE', 'blob is stuck'));
    };
    const put: RecordStore['put'] = (...args) =>
      broken ? Promise.reject(new Error('records are down')) : records.put(...args);
    const gc = { records: { ...records, put }, roots: [], blobs: { ...undated(store), delete: stuck } };
    await collectGarbage({ ...gc, now: at(0) });
    const { errors } = await collectGarbage({ ...gc, now: at(30) });
    expect(errors).toEqual([{ digest: digests[0], code: 'ERR_STORE_WRITE', message: 'blob is stuck' }]);
  });

  it('deletes nothing when it was stopped for so long that writers no longer wait for it', async () => {
    const { store } = await storeOf(1);
    const gc = { records: memoryRecordStore(), roots: [] };
    await collectGarbage({ ...gc, blobs: undated(store), now: at(0) });
    const stopped: BlobStore = {
      ...undated(store),
      stat: (digest) => {
        vi.setSystemTime(Date.now() + 5 * 60_000);
        return undated(store).stat(digest);
      },
    };
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const report = await collectGarbage({ ...gc, blobs: stopped, now: at(30) });
      expect(report).toMatchObject({ deleted: 0, keptWithinGrace: 1, errors: [] });
    } finally {
      vi.useRealTimers();
    }
    expect(await collectGarbage({ ...gc, blobs: undated(store), now: at(30) })).toMatchObject({ marked: 1 });
    expect(await collectGarbage({ ...gc, blobs: undated(store), now: at(60) })).toMatchObject({ deleted: 1 });
  });

  it('leaves alone what another sweep is at, and finishes what a killed one left', async () => {
    const { store, digests } = await storeOf(1);
    const gc = { blobs: undated(store), records: memoryRecordStore(), roots: [], now: at(30) };
    const key = `gc/${digests[0] ?? ''}`;
    const mark = (deletingUntil: number): Uint8Array => utf8(JSON.stringify({ since: at(0), deletingUntil }));
    const busy = await gc.records.put(key, mark(Date.now() + 60_000), { ifVersion: null });
    expect(await collectGarbage(gc)).toMatchObject({ deleted: 0, keptWithinGrace: 1 });
    await gc.records.put(key, mark(Date.now() - 1), { ifVersion: (busy as { version: string }).version });
    expect(await collectGarbage(gc)).toMatchObject({ deleted: 1 });
  });

  it('refuses marks and leases that nobody of us wrote', async () => {
    const { store, digests } = await storeOf(1);
    for (const key of [`gc/${digests[0] ?? ''}`, 'leases/x']) {
      const records = memoryRecordStore();
      await records.put(key, utf8('{"since":"yesterday"}'), { ifVersion: null });
      const running = collectGarbage({ blobs: store, records, roots: [], graceSeconds: 0 });
      if (key.startsWith('gc/')) expect((await running).errors).toMatchObject([{ code: 'ERR_STORE_READ' }]);
      else await expect(running).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
      expect((await digestsIn(store)).size).toBe(1);
    }
  });

  it('ends with the reason of the signal', async () => {
    const { store } = await storeOf(2);
    const controller = new AbortController();
    const reason = new Error('enough');
    const gc = { blobs: undated(store), records: memoryRecordStore(), roots: [] };
    await collectGarbage({ ...gc, now: at(0) });
    const aborting: BlobStore = {
      ...gc.blobs,
      delete: () => {
        controller.abort(reason);
        return Promise.reject(reason);
      },
    };
    const running = collectGarbage({ ...gc, blobs: aborting, now: at(30), signal: controller.signal });
    await expect(running).rejects.toBe(reason);
  });
});

blobStoreContract(
  { describe, it },
  {
    name: 'leasedBlobStore',
    create: async () =>
      Promise.resolve({ store: leasedBlobStore({ blobs: memoryBlobStore(), records: memoryRecordStore() }) }),
  },
);

describe('leasedBlobStore', () => {
  const gcOf = (store: BlobStore) => ({ blobs: undated(store), records: memoryRecordStore(), roots: [] as Digest[] });

  it('protects what it puts until it is released', async () => {
    const store = memoryBlobStore();
    const gc = gcOf(store);
    let now = at(0);
    const leased = leasedBlobStore({ blobs: store, records: gc.records, leaseSeconds: 100 * hour, now: () => now });
    await putBlob(leased, 10);
    await collectGarbage({ ...gc, now: at(1) });
    now = at(60);
    await putBlob(leased, 11);
    expect(await collectGarbage({ ...gc, now: at(61) })).toMatchObject({ deleted: 0, keptForLeases: 1, marked: 1 });
    await leased.release();
    await leased.release();
    expect(await collectGarbage({ ...gc, now: at(62) })).toMatchObject({ deleted: 1, keptForLeases: 0 });
    expect(await keysIn(gc.records, 'leases/')).toEqual([]);
  });

  it('takes the mark away from what it puts again', async () => {
    for (const ingest of [true, false]) {
      const { store, digests } = await storeOf(2);
      const gc = gcOf(store);
      await collectGarbage({ ...gc, now: at(0) });
      const leased = leasedBlobStore({ blobs: store, records: gc.records, now: () => at(29) });
      const [first, second] = digests as [Digest, Digest];
      if (ingest) {
        for (const [size, expected] of [
          [1, first],
          [2, 'sha256'],
        ] as const) {
          const open = await leased.ingest?.();
          await open?.append(bytesSource(new Uint8Array(size)));
          expect(open?.offset).toBe(size);
          await open?.commit(expected);
        }
      } else {
        await leased.put(first, bytesSource(new Uint8Array(1)));
        await leased.put(second, bytesSource(new Uint8Array(2)));
      }
      await leased.release();
      expect(await collectGarbage({ ...gc, now: at(30) })).toMatchObject({ deleted: 0, marked: 2 });
    }
  });

  it('no longer protects when its writer is dead and the lease over (W17)', async () => {
    const store = memoryBlobStore();
    const gc = gcOf(store);
    const leased = leasedBlobStore({ blobs: store, records: gc.records, now: () => at(0) });
    await putBlob(leased, 10);
    await collectGarbage({ ...gc, now: at(0.5) });
    expect(await collectGarbage({ ...gc, now: at(30), dryRun: true })).toMatchObject({ deleted: 1 });
    expect(await keysIn(gc.records, 'leases/')).toHaveLength(1);
    expect(await collectGarbage({ ...gc, now: at(30) })).toMatchObject({ deleted: 1 });
    expect(await keysIn(gc.records, 'leases/')).toEqual([]);
  });

  it('begins a new lease where its own expired, was taken away, or is a day old', async () => {
    const store = memoryBlobStore();
    const records = memoryRecordStore();
    let now = at(0);
    const leased = leasedBlobStore({ blobs: store, records, now: () => now });
    const keys = new Set<string>();
    const put = async (hours: number): Promise<number> => {
      now = at(hours);
      await putBlob(leased, 10);
      for (const key of await keysIn(records, 'leases/')) keys.add(key);
      return keys.size;
    };
    expect([await put(0), await put(0.4), await put(0.9), await put(1.5)]).toEqual([1, 1, 1, 1]);
    expect(await put(3)).toBe(2);
    for (const key of keys) await records.delete(key, { ifVersion: (await records.get(key))?.version ?? '' });
    expect(await put(3.8)).toBe(3);
    for (let hours = 4; hours < 27; hours += 0.5) await put(hours);
    expect(keys.size).toBe(3);
    expect(await put(29)).toBe(4);
  });

  it('waits for a sweep that is deleting the blob, and then puts it', async () => {
    const { store, digests } = await storeOf(1);
    const gc = gcOf(store);
    await collectGarbage({ ...gc, now: at(0) });
    const leased = leasedBlobStore({ blobs: store, records: gc.records });
    let putting: Promise<unknown> = Promise.resolve();
    const slow: BlobStore = {
      ...gc.blobs,
      delete: async (digest) => {
        putting = leased.put(digest, bytesSource(new Uint8Array(1)));
        await new Promise((resolve) => setTimeout(resolve, 60));
        return store.delete(digest);
      },
    };
    expect(await collectGarbage({ ...gc, blobs: slow, now: at(30) })).toMatchObject({ deleted: 1 });
    expect(await putting).toEqual({ created: true });
    expect(await digestsIn(store)).toEqual(new Set(digests));
  });

  it('says that a sweep deleted what was committed by algorithm in the same moment', async () => {
    const store = memoryBlobStore();
    const records = memoryRecordStore();
    const leased = leasedBlobStore({ blobs: { ...store, stat: () => Promise.resolve(undefined) }, records });
    const ingest = await leased.ingest?.();
    await expect(ingest?.commit('sha256')).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
  });

  it('ends its wait with the reason of the signal', async () => {
    const records = memoryRecordStore();
    const digest = digestOf(someBytes(1));
    const mark = utf8(JSON.stringify({ since: 0, deletingUntil: Date.now() + 60_000 }));
    await records.put(`gc/${digest}`, mark, { ifVersion: null });
    const leased = leasedBlobStore({ blobs: memoryBlobStore(), records });
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 40);
    await expect(leased.put(digest, bytesSource(someBytes(1)), { signal: controller.signal })).rejects.toBe(reason);
  });

  it('has no ingest where its store has none, and takes no lease of nothing', () => {
    const blobs = withoutIngest(memoryBlobStore());
    expect(Object.keys(leasedBlobStore({ blobs, records: memoryRecordStore() }))).not.toContain('ingest');
    expect(() => leasedBlobStore({ blobs, records: memoryRecordStore(), leaseSeconds: 0 })).toThrow(/leaseSeconds/);
  });

  it('loses nothing that a writer names, however sweeps and writers take turns', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 0, max: 60 }), async (scheduler, hours) => {
        const { store, digests } = await storeOf(3);
        const gc = gcOf(store);
        const named = new Set<Digest>();
        const slow = scheduled(scheduler, gc.blobs);
        await collectGarbage({ ...gc, now: at(-48) });
        async function* roots(): AsyncGenerator<Digest> {
          yield* await scheduler.schedule(Promise.resolve([...named]));
        }
        const write = async (digest: Digest, size: number): Promise<void> => {
          const leased = leasedBlobStore({ blobs: slow, records: gc.records, now: () => at(0) });
          await leased.put(digest, bytesSource(new Uint8Array(size)));
          await scheduler.schedule(Promise.resolve());
          named.add(digest);
          await leased.release();
        };
        const sweep = (now: number) => collectGarbage({ ...gc, blobs: slow, roots: roots(), now });
        const work = [
          sweep(at(0)),
          write(digests[0] as Digest, 1),
          sweep(at(0)),
          write(digests[1] as Digest, 2),
          sweep(at(0) + hours),
        ];
        await scheduler.waitFor(Promise.all(work));
        for (const digest of named) expect(await store.stat(digest)).toBeDefined();
      }),
      { numRuns: 100 },
    );
  });
});

function scheduled(scheduler: fc.Scheduler, store: BlobStore): BlobStore {
  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve());
    const answer = await work();
    await scheduler.schedule(Promise.resolve());
    return answer;
  };
  return {
    ...store,
    put: (...args) => turn(() => store.put(...args)),
    stat: (...args) => turn(() => store.stat(...args)),
    delete: (...args) => turn(() => store.delete(...args)),
  };
}
