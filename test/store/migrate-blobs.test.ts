import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { PackEvent } from '../../src/ports/operation.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import { activeBlobStore, migrateBlobs } from '../../src/store/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { storeOf } from './stores.ts';
import {
  bytesOf,
  corruptBlob,
  countedReads,
  digestsIn,
  killableBlobs,
  killableRecords,
  Killed,
  keysIn,
  putBlob,
  withoutIngest,
} from './wrapped-stores.ts';

const names = { from: 'old', to: 'new' };

function failing(): never {
  throw new StoreError('ERR_STORE_WRITE', 'answer was lost');
}

describe('migrateBlobs', () => {
  it('copies every blob and reads each back', async () => {
    const { store: from, digests } = await storeOf(5);
    const target = countedReads(memoryBlobStore());
    const report = await migrateBlobs({ from, to: target.store });
    expect(report).toEqual({
      complete: true,
      dryRun: false,
      copied: 5,
      present: 0,
      verified: 5,
      resumed: 0,
      deleted: 0,
      bytes: 15,
      flipped: false,
      errors: [],
    });
    expect([...target.reads]).toHaveLength(5);
    expect(await digestsIn(target.store)).toEqual(new Set(digests));
    expect((await digestsIn(from)).size).toBe(5);
  });

  it('moves an empty store', async () => {
    const report = await migrateBlobs({ from: memoryBlobStore(), to: memoryBlobStore(), deleteSource: true });
    expect(report).toMatchObject({ complete: true, copied: 0, deleted: 0 });
  });

  it('does not trust a blob that the target has: a damaged one is replaced (W10)', async () => {
    const { store: from, digests } = await storeOf(3);
    const inner = memoryBlobStore();
    const [first, second] = digests as [Digest, Digest];
    await inner.put(first, bytesSource(new Uint8Array(1)));
    await inner.put(second, bytesSource(new Uint8Array(2)));
    for (const ingest of [true, false]) {
      const whole: BlobStore = corruptBlob(inner, first);
      const to: BlobStore = ingest ? whole : withoutIngest(whole);
      const report = await migrateBlobs({ from, to });
      expect(report).toMatchObject({ complete: true, present: ingest ? 1 : 2, verified: 3, errors: [] });
      expect(await bytesOf(to, first)).toEqual(new Uint8Array(1));
    }
  });

  it('empties the source only after the flip, and only of what was read back (W9)', async () => {
    const { store: inner } = await storeOf(4);
    const to = memoryBlobStore();
    const records = memoryRecordStore();
    const readBack = countedReads(to);
    const active: unknown[] = [];
    const from: BlobStore = {
      ...inner,
      delete: async (digest) => {
        active.push(new TextDecoder().decode((await records.get('stores/blobs'))?.value));
        expect(readBack.reads.has(digest)).toBe(true);
        return inner.delete(digest);
      },
    };
    const report = await migrateBlobs({ from, to: readBack.store, records, names, deleteSource: true });
    expect(report).toMatchObject({ complete: true, copied: 4, deleted: 4, flipped: true });
    expect(active).toEqual(Array(4).fill('{"active":"new"}'));
    expect((await digestsIn(from)).size).toBe(0);
    expect((await digestsIn(to)).size).toBe(4);
    expect(await keysIn(records)).toEqual(['migrations/blobs/state', 'stores/blobs']);
  });

  it('flips nothing and deletes nothing when one blob cannot be copied, and names it', async () => {
    const { store: inner, digests } = await storeOf(4);
    const from = corruptBlob(inner, digests[2] as Digest);
    const to = memoryBlobStore();
    const records = memoryRecordStore();
    const report = await migrateBlobs({ from, to, records, names, deleteSource: true });
    expect(report).toMatchObject({ complete: false, copied: 3, deleted: 0, flipped: false });
    expect(report.errors).toMatchObject([{ digest: digests[2], code: 'ERR_DIGEST_MISMATCH' }]);
    expect(await records.get('stores/blobs')).toBeUndefined();
    expect((await digestsIn(inner)).size).toBe(4);
    const again = await migrateBlobs({ from: inner, to, records, names, deleteSource: true });
    expect(again).toMatchObject({ complete: true, copied: 1, resumed: 3, deleted: 4, flipped: true });
  });

  it('knows its own note again whose answer was lost, and goes on', async () => {
    for (const lose of [(): never => failing(), (): 'conflict' => 'conflict']) {
      const { store: from } = await storeOf(7);
      const inner = memoryRecordStore();
      let notes = 0;
      const put: RecordStore['put'] = async (key, ...args) => {
        const written = await inner.put(key, ...args);
        return key.includes('/done/') && notes++ % 3 === 0 ? lose() : written;
      };
      const migration = { from, to: memoryBlobStore(), concurrency: 1, names };
      const first = await migrateBlobs({ ...migration, records: { ...inner, put } });
      expect(first).toMatchObject({ copied: 7, verified: 7 });
      expect(notes).toBeGreaterThan(6);
      const report = first.complete ? first : await migrateBlobs({ ...migration, records: inner });
      expect(report).toMatchObject({ complete: true, copied: first.complete ? 7 : 0, errors: [] });
      expect((await keysIn(inner)).filter((key) => key.includes('/done/'))).toEqual([]);
    }
  });

  it('says that another run removed its notes, and goes on when it is run again', async () => {
    const { store: from } = await storeOf(3);
    const inner = memoryRecordStore();
    const put: RecordStore['put'] = async (key, value, options) => {
      const { ifVersion } = options;
      if (key.includes('/done/') && ifVersion !== null) await inner.delete(key, { ifVersion });
      return inner.put(key, value, options);
    };
    const migration = { from, to: memoryBlobStore(), concurrency: 1, names };
    const failed = await migrateBlobs({ ...migration, records: { ...inner, put } });
    expect(failed).toMatchObject({ complete: false, flipped: false, errors: [{ code: 'ERR_CONFLICT' }, {}] });
    expect(await migrateBlobs({ ...migration, records: inner })).toMatchObject({ complete: true, copied: 0 });
  });

  it('takes a good blob of the target where the source is damaged', async () => {
    const { store: inner, digests } = await storeOf(2);
    const { store: to } = await storeOf(2);
    const report = await migrateBlobs({ from: corruptBlob(inner, digests[0] as Digest), to });
    expect(report).toMatchObject({ complete: true, present: 2, bytes: 0 });
  });

  it('says that a target does not keep what it takes', async () => {
    const { store: from } = await storeOf(1);
    const to: BlobStore = { ...memoryBlobStore(), put: () => Promise.resolve({ created: true }) };
    const report = await migrateBlobs({ from, to });
    expect(report).toMatchObject({ complete: false, errors: [{ code: 'ERR_STORE_WRITE' }] });
  });

  it('loses nothing that is put while it runs', async () => {
    const { store: inner } = await storeOf(3);
    const records = memoryRecordStore();
    const to = memoryBlobStore();
    const late: Digest[] = [];
    const from: BlobStore = {
      ...inner,
      get: async (digest, options) => {
        if (late.length < 5) late.push(await putBlob(inner, 100 + late.length));
        return inner.get(digest, options);
      },
      delete: async (digest, options) => {
        if (late.length < 8) late.push(await putBlob(inner, 100 + late.length));
        return inner.delete(digest, options);
      },
    };
    const report = await migrateBlobs({ from, to, records, names, deleteSource: true, concurrency: 1 });
    expect(report).toMatchObject({ complete: true, copied: 11, deleted: 11 });
    expect(late).toHaveLength(8);
    expect((await digestsIn(to)).size).toBe(11);
    expect((await digestsIn(inner)).size).toBe(0);
  });

  it('takes a blob that was deleted from the source meanwhile for gone', async () => {
    const { store: inner, digests } = await storeOf(2);
    const from: BlobStore = {
      ...inner,
      get: (digest) => inner.get(digest === digests[0] ? digestOf(someBytes(77)) : digest),
    };
    expect(await migrateBlobs({ from, to: memoryBlobStore() })).toMatchObject({
      complete: true,
      copied: 1,
      errors: [],
    });
  });

  it('goes on after a kill at any step: complete, source emptied, no good blob read twice but those under way (W17)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (kills, concurrency) => {
          const { store: inner, digests } = await storeOf(8);
          const source = countedReads(inner);
          const to = memoryBlobStore();
          const records = memoryRecordStore();
          const options = { names, concurrency, deleteSource: true };
          for (const steps of kills) {
            const killed = new Killed(steps);
            await migrateBlobs({
              ...options,
              from: killableBlobs(source.store, killed),
              to: killableBlobs(to, killed),
              records: killableRecords(records, killed),
            }).catch(() => undefined);
            await everythingIsSomewhere(digests, [inner, to]);
          }
          const report = await migrateBlobs({ ...options, from: source.store, to, records });
          expect(report).toMatchObject({ complete: true, errors: [] });
          expect(await digestsIn(to)).toEqual(new Set(digests));
          expect((await digestsIn(inner)).size).toBe(0);
          const reads = [...source.reads.values()].reduce((sum, count) => sum + count, 0);
          expect(reads).toBeLessThanOrEqual(digests.length + kills.length * concurrency);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('copies again what was noted and is no longer in the target, also where the target cannot list', async () => {
    for (const list of [true, false]) {
      const { store: inner, digests } = await storeOf(3);
      const memory = memoryBlobStore();
      const to: BlobStore = { ...memory, abilities: { ...memory.abilities, list } };
      const records = memoryRecordStore();
      const from = corruptBlob(inner, digests[2] as Digest);
      expect((await migrateBlobs({ from, to, records, names })).complete).toBe(false);
      await to.delete(digests[0] as Digest);
      const report = await migrateBlobs({ from: inner, to, records, names });
      expect(report).toMatchObject({ complete: true, resumed: 1, copied: 2 });
    }
  });

  it('may run twice at once', async () => {
    const { store: from } = await storeOf(30);
    const to = memoryBlobStore();
    const records = memoryRecordStore();
    const options = { from, to, records, names, deleteSource: true, concurrency: 3 };
    const reports = await Promise.allSettled([migrateBlobs(options), migrateBlobs(options), migrateBlobs(options)]);
    for (const { status } of reports) expect(status).toBe('fulfilled');
    expect((await digestsIn(to)).size).toBe(30);
    await migrateBlobs(options);
    expect((await digestsIn(from)).size).toBe(0);
  });

  it('leaves no notes behind where a run was killed at its very end and there is another one', async () => {
    const { store: from } = await storeOf(3);
    const records = memoryRecordStore();
    const killed: RecordStore = { ...records, delete: () => Promise.reject(new Error('killed')) };
    const to = memoryBlobStore();
    await expect(migrateBlobs({ from, to, records: killed, names })).rejects.toThrow('killed');
    const notes = async (): Promise<number> => (await keysIn(records)).filter((key) => key.includes('/done/')).length;
    expect(await notes()).toBeGreaterThan(0);
    expect(await migrateBlobs({ from, to, records, names })).toMatchObject({ complete: true });
    expect(await notes()).toBe(0);
  });

  it('refuses to begin a migration between other stores before one has ended', async () => {
    const { store: inner, digests } = await storeOf(2);
    const records = memoryRecordStore();
    const to = memoryBlobStore();
    await migrateBlobs({ from: corruptBlob(inner, digests[0] as Digest), to, records, names });
    const back = { from: to, to: inner, records, names: { from: 'new', to: 'old' } };
    await expect(migrateBlobs(back)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await migrateBlobs({ from: inner, to, records, names });
    expect(await migrateBlobs(back)).toMatchObject({ complete: true, flipped: true });
  });

  it('refuses to flip where a third store is active', async () => {
    const { store: from } = await storeOf(2);
    const records = memoryRecordStore();
    await migrateBlobs({ from, to: memoryBlobStore(), records, names });
    const third = { from, to: memoryBlobStore(), records, names: { from: 'old', to: 'third' } };
    await expect(migrateBlobs({ ...third, deleteSource: true })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    expect((await digestsIn(from)).size).toBe(2);
  });

  it('says what it would do, and does nothing', async () => {
    const { store: from, digests } = await storeOf(3);
    const to = memoryBlobStore();
    await to.put(digests[0] as Digest, bytesSource(new Uint8Array(1)));
    const records = memoryRecordStore();
    const report = await migrateBlobs({ from, to, records, names, dryRun: true, deleteSource: true });
    expect(report).toMatchObject({ complete: false, dryRun: true, copied: 2, present: 1, bytes: 5, deleted: 0 });
    expect((await digestsIn(to)).size).toBe(1);
    expect(await keysIn(records)).toEqual([]);
  });

  it('copies several blobs at once, and no more than it was told (W20)', async () => {
    const { store: inner } = await storeOf(20);
    let [running, most] = [0, 0];
    const to = memoryBlobStore();
    const slow: BlobStore = {
      ...to,
      put: async (...args) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running--;
        return to.put(...args);
      },
    };
    await migrateBlobs({ from: inner, to: slow, concurrency: 5 });
    expect(most).toBe(5);
  });

  it('tells a listener what it reads, and what it moves', async () => {
    const { store: from } = await storeOf(3);
    const events: PackEvent[] = [];
    await migrateBlobs({ from, to: memoryBlobStore(), names, concurrency: 1, onEvent: (event) => events.push(event) });
    expect(events.map(({ verb, kind, bytes, name }) => [verb, kind, bytes, name])).toEqual([
      ['migrate', 'start', 0, 'old to new'],
      ['migrate', 'progress', 1, 'old to new'],
      ['migrate', 'progress', 3, 'old to new'],
      ['migrate', 'progress', 6, 'old to new'],
      ['migrate', 'done', 6, 'old to new'],
    ]);
  });

  it('ends with the reason of the signal, and goes on later', async () => {
    const { store: from } = await storeOf(10);
    const to = memoryBlobStore();
    const records = memoryRecordStore();
    const controller = new AbortController();
    const reason = new Error('enough');
    const onEvent = ({ bytes }: PackEvent): void => {
      if (bytes > 10) controller.abort(reason);
    };
    const options = { from, to, records, names, concurrency: 2 };
    await expect(migrateBlobs({ ...options, signal: controller.signal, onEvent })).rejects.toBe(reason);
    expect(await records.get('stores/blobs')).toBeUndefined();
    expect(await migrateBlobs(options)).toMatchObject({ complete: true });
  });

  it('throws what the listing of the source throws', async () => {
    const { store } = await storeOf(2);
    const failure = new StoreError('ERR_STORE_READ', 'list is broken');
    const from: BlobStore = {
      ...store,
      list: async function* () {
        yield* store.list();
        throw failure;
      },
    };
    await expect(migrateBlobs({ from, to: memoryBlobStore() })).rejects.toBe(failure);
  });

  it('throws what the records throw, and refuses records that are not its own', async () => {
    const { store: from } = await storeOf(2);
    for (const key of ['migrations/blobs/state', 'stores/blobs']) {
      for (const text of ['{', '[]', '{}', '7']) {
        const records = memoryRecordStore();
        await records.put(key, new TextEncoder().encode(text), { ifVersion: null });
        const failing = migrateBlobs({ from, to: memoryBlobStore(), records, names });
        await expect(failing).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
      }
    }
  });

  it('deletes nothing where source and target are one store under two names', async () => {
    const { store, digests } = await storeOf(3);
    const other = { ...store };
    const records = memoryRecordStore();
    for (const stores of [
      { from: store, to: store },
      { from: store, to: other, records, names },
    ]) {
      const moving = migrateBlobs({ ...stores, deleteSource: true });
      await expect(moving).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'to' });
    }
    expect(await digestsIn(store)).toEqual(new Set(digests));
    expect(await keysIn(records)).toEqual([]);
  });

  it('empties a source that takes no ingests, and fails where it cannot be asked for one', async () => {
    const { store: from } = await storeOf(2);
    const broken: BlobStore = { ...from, ingest: () => Promise.reject(new StoreError('ERR_STORE_WRITE', 'broken')) };
    const lost: BlobStore = { ...from, ingest: () => Promise.reject(new Error('lost')) };
    for (const failing of [broken, lost]) {
      const moving = migrateBlobs({ from: failing, to: memoryBlobStore(), deleteSource: true });
      await expect(moving).rejects.toThrow(/broken|lost/);
    }
    expect((await digestsIn(from)).size).toBe(2);
    await migrateBlobs({ from: withoutIngest(from), to: memoryBlobStore(), deleteSource: true });
    expect((await digestsIn(from)).size).toBe(0);
  });

  it('refuses options that are wrong', async () => {
    const store = memoryBlobStore();
    const wrong = [
      { concurrency: 0 },
      { id: '../x', records: memoryRecordStore(), names },
      { records: memoryRecordStore() },
      { gcSource: true },
      { names: { from: 'a' } as unknown as typeof names },
      { names: { ...names, via: 'c' } },
    ];
    for (const options of wrong) {
      await expect(migrateBlobs({ from: store, to: store, ...options })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    }
    const blind: BlobStore = { ...store, abilities: { ...store.abilities, list: false } };
    await expect(migrateBlobs({ from: blind, to: store })).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});

async function everythingIsSomewhere(digests: readonly Digest[], stores: readonly BlobStore[]): Promise<void> {
  for (const digest of digests) {
    const found = await Promise.all(stores.map((store) => store.stat(digest)));
    expect(found.some((stat) => stat !== undefined)).toBe(true);
  }
}

describe('activeBlobStore', () => {
  it('reads and writes all blobs at every step of a migration', async () => {
    const { store: old, digests } = await storeOf(5);
    const fresh = memoryBlobStore();
    const records = memoryRecordStore();
    const active = activeBlobStore({ records, stores: { old, new: fresh }, initial: 'old' });
    const all = [...digests];
    const checked = async (): Promise<void> => {
      all.push(await putBlob(active, 50 + all.length));
      for (const digest of all) expect(await active.stat(digest)).toMatchObject({ digest });
    };
    const to: BlobStore = {
      ...fresh,
      put: async (...args) => {
        if (all.length < 10) await checked();
        return fresh.put(...args);
      },
    };
    const from: BlobStore = {
      ...old,
      delete: async (digest) => {
        const deleted = await old.delete(digest);
        if (all.length < 20) await checked();
        return deleted;
      },
    };
    await checked();
    await migrateBlobs({ from, to, records, names, deleteSource: true, concurrency: 2 });
    expect(await digestsIn(active)).toEqual(new Set(all));
    expect(await digestsIn(fresh)).toEqual(new Set(all));
    expect(await digestsIn(old)).toEqual(new Set());
  });

  it('follows a flip that comes while a blob is put', async () => {
    const [old, fresh, records] = [memoryBlobStore(), memoryBlobStore(), memoryRecordStore()];
    const flipping: BlobStore = {
      ...old,
      put: async (...args) => {
        await migrateBlobs({ from: old, to: fresh, records, names, deleteSource: true });
        return old.put(...args);
      },
    };
    const active = activeBlobStore({ records, stores: { old: flipping, new: fresh }, initial: 'old' });
    const digest = await putBlob(active, 10);
    expect(await bytesOf(fresh, digest)).toEqual(someBytes(10));
  });

  it('deletes in all stores, and lists a blob once', async () => {
    const { store: old, digests } = await storeOf(2);
    const { store: fresh } = await storeOf(3);
    const active = activeBlobStore({ records: memoryRecordStore(), stores: { old, fresh }, initial: 'fresh' });
    expect((await digestsIn(active)).size).toBe(3);
    const [first] = digests as [Digest];
    expect(await active.delete(first)).toBe(true);
    expect(await active.delete(first)).toBe(false);
    expect(await active.get(first)).toBeUndefined();
  });

  it('begins an ingest in the active store, and goes on where it was begun', async () => {
    const [old, fresh, records] = [memoryBlobStore(), memoryBlobStore(), memoryRecordStore()];
    const active = activeBlobStore({ records, stores: { old, new: fresh }, initial: 'old' });
    const ingest = await active.ingest?.();
    await ingest?.append(bytesSource(someBytes(5)));
    await migrateBlobs({ from: old, to: fresh, records, names });
    const again = await active.ingest?.(ingest?.id);
    expect(again?.offset).toBe(5);
    await again?.commit('sha256');
    expect((await digestsIn(old)).size).toBe(1);
    await expect(active.ingest?.('nobody')).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('refuses a store that it does not have', async () => {
    const stores = { old: memoryBlobStore() };
    const records = memoryRecordStore();
    expect(() => activeBlobStore({ records, stores, initial: 'new' })).toThrow(/not among old/);
    await migrateBlobs({ from: memoryBlobStore(), to: memoryBlobStore(), records, names });
    const active = activeBlobStore({ records, stores, initial: 'old' });
    await expect(active.get(digestOf(someBytes(1)))).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });
});
