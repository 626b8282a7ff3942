import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import type { Digest } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { PackEvent } from '../../src/ports/operation.ts';
import { collectGarbage } from '../../src/store/index.ts';
import { storeOf } from './stores.ts';

const day = 24 * 60 * 60;
const later = (): number => Date.now() + 2 * day * 1000;

async function digestsIn(store: BlobStore): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of store.list()) digests.add(digest);
  return digests;
}

describe('collectGarbage', () => {
  it('deletes exactly what no root names, and says so', async () => {
    const { store, digests } = await storeOf(5);
    const report = await collectGarbage({ blobs: store, roots: digests.slice(0, 2), now: later() });
    expect(report).toEqual({
      ran: true,
      dryRun: false,
      candidates: 3,
      deleted: 3,
      keptWithinGrace: 0,
      bytesReclaimed: 12,
      errors: [],
    });
    expect(await digestsIn(store)).toEqual(new Set(digests.slice(0, 2)));
  });

  it('never deletes what is reachable, whatever the sets are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), fc.boolean(), async (kept, dryRun) => {
        const { store, digests } = await storeOf(kept.length);
        const roots = digests.filter((_, index) => kept[index]);
        const report = await collectGarbage({ blobs: store, roots, now: later(), dryRun });
        expect(report.deleted).toBe(digests.length - roots.length);
        expect(await digestsIn(store)).toEqual(new Set(dryRun ? digests : roots));
      }),
      { numRuns: 50 },
    );
  });

  it('takes roots that come one by one', async () => {
    const { store, digests } = await storeOf(3);
    async function* roots(): AsyncGenerator<Digest> {
      yield* await Promise.resolve(digests.slice(1));
    }
    await collectGarbage({ blobs: store, roots: roots(), graceSeconds: 0 });
    expect(await digestsIn(store)).toEqual(new Set(digests.slice(1)));
  });

  it('deletes nothing when the roots cannot be had to their end', async () => {
    const { store, digests } = await storeOf(3);
    function* roots(): Generator<Digest> {
      yield* digests.slice(0, 1);
      throw new Error('broken');
    }
    await expect(collectGarbage({ blobs: store, roots: roots(), graceSeconds: 0 })).rejects.toThrow('broken');
    expect((await digestsIn(store)).size).toBe(3);
  });

  it('keeps what is younger than the grace', async () => {
    const { store } = await storeOf(3);
    const report = await collectGarbage({ blobs: store, roots: [], now: Date.now() + (day - 60) * 1000 });
    expect(report).toMatchObject({ candidates: 3, deleted: 0, keptWithinGrace: 3, bytesReclaimed: 0 });
  });

  it('keeps what a store cannot date, unless there is no grace', async () => {
    const { store } = await storeOf(2);
    const undated: BlobStore = {
      ...store,
      list: async function* () {
        for await (const { digest, size } of store.list()) yield { digest, size };
      },
    };
    expect(await collectGarbage({ blobs: undated, roots: [], now: later() })).toMatchObject({ keptWithinGrace: 2 });
    expect(await collectGarbage({ blobs: undated, roots: [], graceSeconds: 0 })).toMatchObject({ deleted: 2 });
  });

  it('keeps a blob that a writer found after it was listed', async () => {
    const { store } = await storeOf(1);
    const found: BlobStore = {
      ...store,
      stat: async (digest) => {
        const stat = await store.stat(digest);
        return stat === undefined ? undefined : { ...stat, modifiedAt: later() };
      },
    };
    expect(await collectGarbage({ blobs: found, roots: [], now: later() - 1000 })).toMatchObject({
      deleted: 0,
      keptWithinGrace: 1,
    });
  });

  it('goes on when one blob cannot be deleted, and names it', async () => {
    const { store, digests } = await storeOf(3);
    const stubborn: BlobStore = {
      ...store,
      delete: (digest) =>
        digest === digests[1]
          ? Promise.reject(new StoreError('ERR_STORE_WRITE', 'blob is stuck'))
          : store.delete(digest),
    };
    const report = await collectGarbage({ blobs: stubborn, roots: [], graceSeconds: 0 });
    expect(report).toMatchObject({
      deleted: 2,
      errors: [{ digest: digests[1], code: 'ERR_STORE_WRITE', message: 'blob is stuck' }],
    });
  });

  it('notes errors that are not ours without a code', async () => {
    const { store, digests } = await storeOf(1);
    // A foreign adapter can throw anything.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const strange: BlobStore = { ...store, delete: () => Promise.reject('no') };
    const report = await collectGarbage({ blobs: strange, roots: [], graceSeconds: 0 });
    expect(report.errors).toEqual([{ digest: digests[0], message: 'no' }]);
  });

  it('does not run on a store that cannot list', async () => {
    const { store } = await storeOf(1);
    const blind: BlobStore = { ...store, abilities: { ...store.abilities, list: false } };
    expect(await collectGarbage({ blobs: blind, roots: [] })).toMatchObject({ ran: false, candidates: 0 });
  });

  it('ends with the reason of the signal, also while a blob is deleted', async () => {
    const { store } = await storeOf(3);
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborting: BlobStore = {
      ...store,
      delete: async () => {
        controller.abort(reason);
        return Promise.reject(reason);
      },
    };
    const options = { blobs: aborting, roots: [], graceSeconds: 0, signal: controller.signal };
    await expect(collectGarbage(options)).rejects.toBe(reason);
    expect((await digestsIn(store)).size).toBe(3);
  });

  it('refuses a grace that is none', async () => {
    const { store } = await storeOf(1);
    for (const graceSeconds of [-1, NaN]) {
      await expect(collectGarbage({ blobs: store, roots: [], graceSeconds })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    }
  });

  it('refuses a time that is none, which every blob would be older than', async () => {
    const { store } = await storeOf(1);
    for (const now of [NaN, new Date() as unknown as number]) {
      await expect(collectGarbage({ blobs: store, roots: [], now })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    }
    expect((await digestsIn(store)).size).toBe(1);
  });

  it('refuses roots that are no digests, and deletes nothing', async () => {
    const { store, digests } = await storeOf(2);
    const [digest = ''] = digests;
    for (const root of [{ digest }, digest.toUpperCase(), undefined]) {
      const roots = [...digests, root] as Digest[];
      const sweep = collectGarbage({ blobs: store, records: memoryRecordStore(), roots, graceSeconds: 0 });
      await expect(sweep).rejects.toMatchObject({ code: 'ERR_INVALID_DIGEST' });
      expect((await digestsIn(store)).size).toBe(2);
    }
  });

  it('tells a listener what it reclaims', async () => {
    const { store } = await storeOf(2);
    const events: PackEvent[] = [];
    await collectGarbage({ blobs: store, roots: [], graceSeconds: 0, onEvent: (event) => events.push(event) });
    expect(events.map(({ verb, kind, bytes }) => [verb, kind, bytes])).toEqual([
      ['gc', 'start', 0],
      ['gc', 'progress', 1],
      ['gc', 'progress', 3],
      ['gc', 'done', 3],
    ]);
  });
});
