import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { streamFrom } from '../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { verifyStream } from '../../src/digest/verify-stream.ts';
import { StoreError, UsageError } from '../../src/errors.ts';
import type { BlobStore, StoredBlob } from '../../src/ports/blob-store.ts';
import { tieredBlobStore } from '../../src/store/index.ts';
import { blobStoreContract } from '../../src/testing/blob-store-contract.ts';
import { contentOf } from '../../src/testing/bytes.ts';
import { bytesOf, corruptBlob, digestsIn, putBlob } from './wrapped-stores.ts';

const plenty = 64 * 1024 * 1024;

for (const maxBytes of [plenty, 5000]) {
  blobStoreContract(
    { describe, it },
    {
      name: `tieredBlobStore with ${maxBytes} bytes`,
      create: () =>
        Promise.resolve({ store: tieredBlobStore({ cache: memoryBlobStore(), store: memoryBlobStore(), maxBytes }) }),
    },
  );
}

/** Counts what a store is asked for, and lets a test hold its streams back. */
function observed(inner: BlobStore): {
  store: BlobStore;
  gets: () => number;
  opens: () => number;
  wait: Promise<void>[];
} {
  let [gets, opens] = [0, 0];
  const wait: Promise<void>[] = [];
  const get = async (digest: Digest): Promise<StoredBlob | undefined> => {
    gets++;
    const blob = await inner.get(digest);
    return (
      blob && {
        ...blob,
        open: async (options) => {
          opens++;
          await Promise.all(wait);
          return blob.open(options);
        },
      }
    );
  };
  return { store: { ...inner, id: 'slow', get }, gets: () => gets, opens: () => opens, wait };
}

async function digestIn(store: BlobStore, digest: Digest): Promise<Digest> {
  return digestOf((await bytesOf(store, digest)) ?? new Uint8Array());
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

/** A store of blobs of two chunks, one byte of which has changed: all come, and the end does not. It may be cut, too. */
function changed(inner: BlobStore, at: number, size?: number): BlobStore {
  const get = async (digest: Digest): Promise<StoredBlob | undefined> => {
    const blob = await inner.get(digest);
    if (blob === undefined) return undefined;
    const bytes = (await contentOf(await blob.open())).slice(0, size);
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ 1;
    const chunks = at === 0 ? [bytes.subarray(0, 300), bytes.subarray(300)] : [bytes];
    const open = (): Promise<ReadableStream<Uint8Array>> =>
      Promise.resolve(streamFrom(() => each(chunks)).pipeThrough(verifyStream({ digest })));
    return { ...blob, size: bytes.length, open };
  };
  return { ...inner, get };
}

/** A cache that gives back other bytes, and does not know. */
function corruptCache(): BlobStore {
  const inner = memoryBlobStore();
  const get = async (digest: Digest): Promise<StoredBlob | undefined> => {
    const blob = await inner.get(digest);
    return blob && { ...blob, open: () => Promise.resolve(new Blob([new Uint8Array(blob.size)]).stream()) };
  };
  return { ...inner, get };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('tieredBlobStore', () => {
  it('makes one request of 50 that come at the same time', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 2_000_000);
    const slow = observed(inner);
    const store = tieredBlobStore({ cache: memoryBlobStore(), store: slow.store, maxBytes: plenty });
    const read = await Promise.all(Array.from({ length: 50 }, () => digestIn(store, digest)));
    expect(new Set(read)).toEqual(new Set([digest]));
    expect([slow.gets(), slow.opens()]).toEqual([1, 1]);
    expect(await digestIn(store, digest)).toBe(digest);
    expect(slow.opens()).toBe(1);
  });

  it('gives the first bytes before the last have come', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 5_000_000);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const halting: BlobStore = {
      ...inner,
      get: async (wanted) => {
        const blob = await inner.get(wanted);
        return blob && { ...blob, open: async () => haltedAfter(await blob.open(), 1, held) };
      },
    };
    const store = tieredBlobStore({ cache: memoryBlobStore(), store: halting, maxBytes: plenty });
    const reader = (await (await store.get(digest))?.open())?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    const late = bytesOf(store, digest);
    release();
    expect(digestOf((await late) ?? new Uint8Array())).toBe(digest);
    await reader?.cancel();
  });

  it('lets a slow reader hold up nobody, and go on from the cache', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 20 * 1024 * 1024);
    const cache = memoryBlobStore();
    const store = tieredBlobStore({ cache, store: inner, maxBytes: plenty });
    const blob = await store.get(digest);
    const stream = (await blob?.open()) as ReadableStream<Uint8Array>;
    const fast = (await blob?.open()) as ReadableStream<Uint8Array>;
    const reader = stream.getReader();
    const first = await reader.read();
    expect(digestOf(await contentOf(fast))).toBe(digest);
    reader.releaseLock();
    const rest = await contentOf(stream);
    expect((first.value?.length ?? 0) + rest.length).toBe(20 * 1024 * 1024);
  });

  it('writes through: what was put is read without the store', async () => {
    const slow = observed(memoryBlobStore());
    const store = tieredBlobStore({ cache: memoryBlobStore(), store: slow.store, maxBytes: plenty });
    const digest = await putBlob(store, 100);
    expect((await bytesOf(store, digest))?.length).toBe(100);
    expect(slow.gets()).toBe(0);
    expect((await digestsIn(slow.store)).size).toBe(1);
  });

  it('holds no more than it may, and lets go of what was used longest ago', async () => {
    const inner = memoryBlobStore();
    const cache = memoryBlobStore();
    const [a, b, c, large] = [
      await putBlob(inner, 400, 1),
      await putBlob(inner, 400, 2),
      await putBlob(inner, 400, 3),
      await putBlob(inner, 1001, 4),
    ] as [Digest, Digest, Digest, Digest];
    const store = tieredBlobStore({ cache, store: inner, maxBytes: 1000 });
    for (const digest of [a, b, a, c, large]) expect(await digestIn(store, digest)).toBe(digest);
    expect(await digestsIn(cache)).toEqual(new Set([a, c]));
  });

  it('knows what is in the cache from before, and makes room in it', async () => {
    const [inner, cache] = [memoryBlobStore(), memoryBlobStore()];
    const old = await putBlob(cache, 600, 1);
    await settled();
    const recent = await putBlob(cache, 600, 2);
    const fresh = await putBlob(inner, 300, 3);
    const store = tieredBlobStore({ cache, store: inner, maxBytes: 1000 });
    expect(await digestIn(store, fresh)).toBe(fresh);
    expect(await digestsIn(cache)).toEqual(new Set([recent, fresh]));
    expect(await store.get(old)).toBeUndefined();
  });

  it('never keeps a corrupt or a cut fetch', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 2_000_000);
    const cut: BlobStore = {
      ...inner,
      get: async (wanted) => {
        const blob = await inner.get(wanted);
        const broken = new StoreError('ERR_STORE_READ', 'connection is cut');
        return (
          blob && {
            ...blob,
            open: async () => failingAfter(await blob.open(), broken),
            openUnverifiedRange: () => Promise.reject(broken),
          }
        );
      },
    };
    for (const [store, code] of [
      [corruptBlob(inner, digest), 'ERR_DIGEST_MISMATCH'],
      [cut, 'ERR_STORE_READ'],
    ] as const) {
      const cache = memoryBlobStore();
      const tiered = tieredBlobStore({ cache, store, maxBytes: plenty });
      await expect(bytesOf(tiered, digest)).rejects.toMatchObject({ code });
      expect((await digestsIn(cache)).size).toBe(0);
    }
  });

  it('reads on from the store where the cache has other bytes, and drops them', async () => {
    const [inner, memory] = [memoryBlobStore(), memoryBlobStore()];
    const digest = await putBlob(inner, 1000);
    await putBlob(memory, 1000);
    const store = tieredBlobStore({ cache: corruptBlob(memory, digest), store: inner, maxBytes: plenty });
    expect(await digestIn(store, digest)).toBe(digest);
    expect((await digestsIn(memory)).size).toBe(0);
  });

  it('gives nobody the damaged bytes of a blob of one chunk, and those of the store instead (W3)', async () => {
    const [inner, memory] = [memoryBlobStore(), memoryBlobStore()];
    const digest = await putBlob(inner, 1000);
    await putBlob(memory, 1000);
    const store = tieredBlobStore({ cache: changed(memory, 999), store: inner, maxBytes: plenty });
    expect(await digestIn(store, digest)).toBe(digest);
    expect((await digestsIn(memory)).size).toBe(0);
  });

  it('drops damaged bytes of which some were read, and has the right ones the next time', async () => {
    for (const [size, code] of [
      [1000, 'ERR_DIGEST_MISMATCH'],
      [400, 'ERR_SIZE_MISMATCH'],
      [0, 'ERR_DIGEST_MISMATCH'],
    ] as const) {
      const [inner, memory] = [memoryBlobStore(), memoryBlobStore()];
      const digest = await putBlob(inner, 1000);
      await putBlob(memory, 1000);
      const store = tieredBlobStore({ cache: changed(memory, 0, size), store: inner, maxBytes: plenty });
      await expect(bytesOf(store, digest)).rejects.toMatchObject({ code });
      expect((await digestsIn(memory)).size).toBe(0);
      expect(await digestIn(store, digest)).toBe(digest);
    }
  });

  it('puts what the cache gives back wrong, or no more, from its source', async () => {
    const gone = (): Promise<never> => Promise.reject(new StoreError('ERR_BLOB_NOT_FOUND', 'blob has left'));
    const memory = memoryBlobStore();
    const leaving: BlobStore = {
      ...memory,
      get: async (digest) => {
        const blob = await memory.get(digest);
        return blob && { ...blob, open: gone, openUnverifiedRange: gone };
      },
    };
    for (const cache of [changed(memoryBlobStore(), 0), corruptCache(), leaving]) {
      const inner = memoryBlobStore();
      const digest = await putBlob(tieredBlobStore({ cache, store: inner, maxBytes: plenty }), 1000);
      expect(await digestsIn(inner)).toEqual(new Set([digest]));
      expect((await digestsIn(cache)).size).toBe(0);
    }
  });

  it('only gets slower where the cache fails', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 1000);
    const fail = (): Promise<never> => Promise.reject(new StoreError('ERR_STORE_QUOTA', 'cache is broken'));
    const memory = memoryBlobStore();
    const broken: Partial<BlobStore>[] = [
      { get: fail, put: fail },
      { put: fail },
      {
        list: async function* () {
          yield* [];
          await fail();
        },
      },
    ];
    for (const parts of broken) {
      const store = tieredBlobStore({ cache: { ...memory, ...parts }, store: inner, maxBytes: plenty });
      expect(await digestIn(store, digest)).toBe(digest);
      const other = await putBlob(store, 500, 8);
      expect(await digestIn(store, other)).toBe(other);
    }
  });

  it('reads a range from the store where the cache cannot give it', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 1000);
    const memory = memoryBlobStore();
    await putBlob(memory, 1000);
    const failures = [
      new StoreError('ERR_STORE_READ', 'cache is broken'),
      new UsageError('ERR_INVALID_ARGUMENT', 'no range'),
    ];
    const rangeWith = async (error: Error, signal?: AbortSignal): Promise<number> => {
      const get = async (wanted: Digest): Promise<StoredBlob | undefined> => {
        const blob = await memory.get(wanted);
        return blob && { ...blob, openUnverifiedRange: () => Promise.reject(error) };
      };
      const blob = await tieredBlobStore({ cache: { ...memory, get }, store: inner, maxBytes: plenty }).get(digest);
      const controller = new AbortController();
      if (signal !== undefined) controller.abort(signal.reason);
      const range = await blob?.openUnverifiedRange(10, 15, { signal: controller.signal });
      return range === undefined ? 0 : (await contentOf(range)).length;
    };
    expect(await rangeWith(failures[0] as Error)).toBe(5);
    await expect(rangeWith(failures[1] as Error)).rejects.toBe(failures[1]);
    const reason = new Error('enough');
    await expect(rangeWith(failures[0] as Error, AbortSignal.abort(reason))).rejects.toBe(reason);
    await inner.delete(digest);
    await expect(rangeWith(failures[0] as Error)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('puts nothing more into a cache that cannot be emptied, until it can', async () => {
    const [inner, memory] = [memoryBlobStore(), memoryBlobStore()];
    const first = await putBlob(memory, 600, 1);
    let broken = true;
    const stuck: BlobStore = {
      ...memory,
      delete: (digest) =>
        broken ? Promise.reject(new StoreError('ERR_STORE_WRITE', 'cache is read-only')) : memory.delete(digest),
    };
    const store = tieredBlobStore({ cache: stuck, store: inner, maxBytes: 1000 });
    const second = await putBlob(store, 700, 2);
    expect(await digestIn(store, second)).toBe(second);
    expect(await digestsIn(memory)).toEqual(new Set([first]));
    broken = false;
    expect(await digestIn(store, second)).toBe(second);
    expect(await digestsIn(memory)).toEqual(new Set([second]));
  });

  it('reads on from the store where a blob leaves the cache while it is read', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 1000);
    const memory = memoryBlobStore();
    const leaving: BlobStore = {
      ...memory,
      get: async (wanted, options) => {
        const blob = await memory.get(wanted, options);
        const error = new StoreError('ERR_BLOB_NOT_FOUND', 'blob has left');
        return blob && { ...blob, open: () => Promise.reject(error) };
      },
    };
    const store = tieredBlobStore({ cache: leaving, store: inner, maxBytes: plenty });
    for (let round = 0; round < 2; round++) expect(await digestIn(store, digest)).toBe(digest);
  });

  it('ends a fetch that nobody waits for any more, and keeps nothing of it', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 3_000_000);
    const never = new Promise<void>(() => undefined);
    const hanging: BlobStore = {
      ...inner,
      get: async (wanted) => {
        const blob = await inner.get(wanted);
        return blob && { ...blob, open: async () => haltedAfter(await blob.open(), 1, never) };
      },
    };
    const cache = memoryBlobStore();
    const store = tieredBlobStore({ cache, store: hanging, maxBytes: plenty });
    const reader = (await (await store.get(digest))?.open())?.getReader();
    await reader?.read();
    await reader?.cancel();
    await settled();
    expect((await digestsIn(cache)).size).toBe(0);
  });

  it('ends one of two readers by its signal, and not the other', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 3_000_000);
    const store = tieredBlobStore({ cache: memoryBlobStore(), store: inner, maxBytes: plenty });
    const controller = new AbortController();
    const reason = new Error('enough');
    const blob = await store.get(digest);
    const one = (await blob?.open({ signal: controller.signal })) as ReadableStream<Uint8Array>;
    const two = (await blob?.open()) as ReadableStream<Uint8Array>;
    controller.abort(reason);
    await expect(contentOf(one)).rejects.toBe(reason);
    expect(digestOf(await contentOf(two))).toBe(digest);
    await expect(store.get(digest, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('deletes in both, also what is on its way into the cache', async () => {
    const inner = memoryBlobStore();
    const digest = await putBlob(inner, 1000);
    const cache = memoryBlobStore();
    const store = tieredBlobStore({ cache, store: inner, maxBytes: plenty });
    const reading = bytesOf(store, digest).catch(() => undefined);
    await Promise.resolve();
    expect(await store.delete(digest)).toBe(true);
    await reading;
    expect([(await digestsIn(cache)).size, await store.get(digest)]).toEqual([0, undefined]);
  });

  it('refuses options that are wrong', () => {
    const cache = memoryBlobStore();
    const blind: BlobStore = { ...cache, abilities: { ...cache.abilities, list: false } };
    expect(() => tieredBlobStore({ cache, store: cache, maxBytes: -1 })).toThrow(/maxBytes/);
    expect(() => tieredBlobStore({ cache: blind, store: cache, maxBytes: 1 })).toThrow(/cannot list/);
  });
});

function haltedAfter(
  stream: ReadableStream<Uint8Array>,
  chunks: number,
  held: Promise<void>,
): ReadableStream<Uint8Array> {
  let seen = 0;
  return stream.pipeThrough(
    new TransformStream({
      async transform(chunk: Uint8Array, controller) {
        if (seen++ >= chunks) await held;
        controller.enqueue(chunk);
      },
    }),
  );
}

function failingAfter(stream: ReadableStream<Uint8Array>, error: Error): ReadableStream<Uint8Array> {
  let seen = 0;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk: Uint8Array, controller) {
        if (seen++ > 0) controller.error(error);
        else controller.enqueue(chunk);
      },
    }),
  );
}
