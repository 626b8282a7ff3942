import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { PackEvent } from '../../src/ports/operation.ts';
import { fallbackBlobStore, type ServedBlob } from '../../src/store/index.ts';
import { blobStoreContract } from '../../src/testing/blob-store-contract.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';
import { bytesOf, corruptBlob, digestsIn, putBlob, withoutIngest } from './wrapped-stores.ts';

blobStoreContract(
  { describe, it },
  {
    name: 'fallbackBlobStore',
    create: async () =>
      Promise.resolve({ store: fallbackBlobStore({ stores: [memoryBlobStore(), memoryBlobStore()], repair: true }) }),
  },
);

const bytes = someBytes(1000);
const digest = digestOf(bytes);
const large = someBytes(5 * 1024 * 1024, 3);
const largeDigest = digestOf(large);

async function holding(...blobs: readonly Uint8Array[]): Promise<BlobStore> {
  const store = memoryBlobStore();
  for (const blob of blobs) await store.put(digestOf(blob), bytesSource(blob));
  return store;
}

/** The digest of what a store gives. */
async function digestIn(store: BlobStore, wanted: Digest): Promise<Digest> {
  return digestOf((await bytesOf(store, wanted)) ?? new Uint8Array());
}

const named = (id: string, store: BlobStore): BlobStore => ({ ...store, id });

function throwing(id: string, retryable = false): BlobStore {
  const fail = (): Promise<never> => Promise.reject(new StoreError('ERR_STORE_READ', `${id} is down`, { retryable }));
  return { ...memoryBlobStore(), id, get: fail, stat: fail, put: fail, delete: fail };
}

/** Fails in the middle of each stream, after so many opened ones were whole. */
function breaking(store: BlobStore, whole: number): BlobStore {
  let opened = 0;
  return {
    ...store,
    get: async (wanted, options) => {
      const blob = await store.get(wanted, options);
      if (blob === undefined) return undefined;
      return {
        ...blob,
        open: async () => (++opened <= whole ? blob.open() : cutStream(await contentOf(await blob.open()))),
      };
    },
  };
}

function cutStream(content: Uint8Array): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (position > content.length / 2) controller.error(new StoreError('ERR_STORE_READ', 'connection is cut'));
        else controller.enqueue(content.slice(position, (position += 300_000)));
      },
    },
    { highWaterMark: 0 },
  );
}

describe('fallbackBlobStore', () => {
  it('does not end its search at a store that throws (W12)', async () => {
    const served: ServedBlob[] = [];
    const stores = [throwing('first'), named('second', await holding()), named('third', await holding(bytes))];
    const store = fallbackBlobStore({ stores, onServed: (who) => served.push(who) });
    expect(await bytesOf(store, digest)).toEqual(bytes);
    expect(await store.stat(digest)).toMatchObject({ size: 1000 });
    expect(served).toMatchObject([
      {
        digest,
        store: 'third',
        index: 2,
        failures: [
          { store: 'first', reason: 'failed', code: 'ERR_STORE_READ', message: 'first is down' },
          { store: 'second', reason: 'missing' },
        ],
      },
    ]);
    expect(served[0]).not.toHaveProperty('repaired');
  });

  it('reads on where a store has other bytes, and repairs it (W12)', async () => {
    const served: ServedBlob[] = [];
    for (const content of [bytes, large]) {
      const wanted = digestOf(content);
      for (const ingest of [true, false]) {
        const inner = await holding(content);
        const first = named('first', corruptBlob(ingest ? inner : withoutIngest(inner), wanted));
        const second = named('second', await holding(content));
        const store = fallbackBlobStore({
          stores: [first, second],
          repair: true,
          onServed: (who) => served.push(who),
        });
        expect(await digestIn(store, wanted)).toBe(wanted);
        expect(served.pop()).toMatchObject({ store: 'second', repaired: 'first', failures: [{ reason: 'corrupt' }] });
        expect(await digestIn(first, wanted)).toBe(wanted);
        await bytesOf(store, wanted);
        expect(served.pop()).toMatchObject({ store: 'first', failures: [] });
      }
    }
  });

  it('puts what the first store missed, and only when it is told to', async () => {
    for (const repair of [true, false]) {
      const [first, second] = [await holding(), await holding(bytes)];
      await bytesOf(fallbackBlobStore({ stores: [first, second], repair }), digest);
      expect((await digestsIn(first)).size).toBe(repair ? 1 : 0);
    }
  });

  it('serves also when the repair fails, and warns', async () => {
    const broken: BlobStore = {
      ...(await holding()),
      id: 'broken',
      put: () => Promise.reject(new StoreError('ERR_STORE_QUOTA', 'disk is full')),
    };
    const events: PackEvent[] = [];
    const store = fallbackBlobStore({ stores: [broken, await holding(bytes)], repair: true });
    const blob = await store.get(digest);
    const stream = await blob?.open({ onEvent: (event) => events.push(event) });
    expect(await contentOf(stream as ReadableStream<Uint8Array>)).toEqual(bytes);
    expect(events.map(({ kind }) => kind)).toEqual(['start', 'fallback', 'warning', 'done']);
  });

  it('goes on in the next store where one fails in the middle of a stream', async () => {
    const stores = [breaking(await holding(large), 1), breaking(await holding(large), 0), await holding(large)];
    expect(await digestIn(fallbackBlobStore({ stores }), largeDigest)).toBe(largeDigest);
  });

  it('fails where nobody can go on with a stream', async () => {
    const stores = [breaking(await holding(large), 1), await holding()];
    await expect(bytesOf(fallbackBlobStore({ stores }), largeDigest)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      details: { stores: [{ message: 'connection is cut' }, { reason: 'missing' }] },
    });
  });

  it('never comes to the end of bytes that were put together wrongly', async () => {
    const other = await holding(large);
    const wrong: BlobStore = {
      ...other,
      get: async (wanted) => {
        const blob = await other.get(wanted);
        return blob && { ...blob, openUnverifiedRange: (start, end) => blob.openUnverifiedRange(start - 1, end - 1) };
      },
    };
    const store = fallbackBlobStore({ stores: [breaking(await holding(large), 1), wrong] });
    await expect(bytesOf(store, largeDigest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('says not found only when every store said so', async () => {
    const none = fallbackBlobStore({ stores: [await holding(), await holding()] });
    expect(await none.get(digest)).toBeUndefined();
    expect(await none.stat(digest)).toBeUndefined();
    const unsure = fallbackBlobStore({ stores: [await holding(), throwing('second', true)] });
    for (const asking of [unsure.get(digest), unsure.stat(digest)]) {
      await expect(asking).rejects.toMatchObject({
        code: 'ERR_STORE_READ',
        retryable: true,
        details: {
          stores: [{ reason: 'missing' }, { store: 'second', reason: 'failed', message: 'second is down' }],
        },
      });
    }
  });

  it('says that bytes are wrong where every store that has them has wrong ones', async () => {
    const stores = [corruptBlob(await holding(bytes), digest), await holding()];
    await expect(bytesOf(fallbackBlobStore({ stores }), digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
  });

  it('refuses to serve another size than it said, and says the right one after the repair', async () => {
    const inner = corruptBlob(await holding(bytes), digest);
    const longer: BlobStore = {
      ...inner,
      get: async (wanted) => {
        const blob = await inner.get(wanted);
        return blob && (await bytesOf(inner, digest).catch(() => undefined)) === undefined
          ? { ...blob, size: 7 }
          : blob;
      },
    };
    const store = fallbackBlobStore({ stores: [longer, await holding(bytes)], repair: true });
    await expect(bytesOf(store, digest)).rejects.toMatchObject({ code: 'ERR_SIZE_MISMATCH', retryable: true });
    expect(await bytesOf(store, digest)).toEqual(bytes);
  });

  it('says the right size the next time where a store has cut bytes, also without a repair (W12)', async () => {
    const inner = corruptBlob(await holding(bytes), digest);
    const cut: BlobStore = {
      ...inner,
      get: async (wanted) => {
        const blob = await inner.get(wanted);
        return blob && { ...blob, size: 7 };
      },
    };
    const store = fallbackBlobStore({ stores: [cut, await holding(bytes)] });
    await expect(bytesOf(store, digest)).rejects.toMatchObject({ code: 'ERR_SIZE_MISMATCH', retryable: true });
    expect((await store.get(digest))?.size).toBe(bytes.length);
    expect(await bytesOf(store, digest)).toEqual(bytes);
  });

  it('says when a blob was deleted between finding and opening it', async () => {
    const stores = [await holding(bytes)];
    const store = fallbackBlobStore({ stores });
    const blob = await store.get(digest);
    await store.delete(digest);
    await expect(blob?.open()).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    await expect(blob?.openUnverifiedRange(0, 1)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('deletes in every store, also when one fails, and lists a blob once', async () => {
    const [first, second] = [await holding(bytes), await holding(bytes, large)];
    const store = fallbackBlobStore({ stores: [first, second] });
    expect(await digestsIn(store)).toEqual(new Set<Digest>([digest, largeDigest]));
    const broken = fallbackBlobStore({ stores: [throwing('down'), first, second] });
    await expect(broken.delete(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    expect(await store.stat(digest)).toBeUndefined();
    expect(await store.delete(largeDigest)).toBe(true);
  });

  it('ends with the reason of the signal rather than asking the next store', async () => {
    const reason = new Error('enough');
    const store = fallbackBlobStore({ stores: [throwing('down'), await holding(bytes)] });
    await expect(store.get(digest, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(store.delete(digest, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('puts into the first store', async () => {
    const [first, second] = [memoryBlobStore(), memoryBlobStore()];
    await putBlob(fallbackBlobStore({ stores: [withoutIngest(first), second] }), 10);
    expect([(await digestsIn(first)).size, (await digestsIn(second)).size]).toEqual([1, 0]);
  });

  it('refuses to be made of no stores', () => {
    expect(() => fallbackBlobStore({ stores: [] })).toThrow(/no stores/);
  });
});
