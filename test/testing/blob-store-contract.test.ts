import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { bytesSource, streamOf } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { StoreError } from '../../src/errors.ts';
import type { BlobStore, Ingest, StoredBlob } from '../../src/ports/blob-store.ts';
import { blobStoreContract } from '../../src/testing/index.ts';
import { failuresOf, firstFailureOf } from './collect-cases.ts';

/** A store that is right but for one thing. */
type Mutant = (store: BlobStore) => Partial<BlobStore>;

function wrapBlob(store: BlobStore, wrap: (blob: StoredBlob) => Partial<StoredBlob>): Partial<BlobStore> {
  return {
    get: async (digest, options) => {
      const blob = await store.get(digest, options);
      return blob === undefined ? undefined : { ...blob, ...wrap(blob) };
    },
  };
}

function wrapIngest(store: BlobStore, wrap: (ingest: Ingest) => Partial<Ingest>): Partial<BlobStore> {
  return {
    ingest: async (id, options) => {
      const ingest = await store.ingest?.(id, options);
      if (ingest === undefined) throw new Error('no ingest');
      const own: Ingest = {
        id: ingest.id,
        offset: 0,
        append: (source, appending) => ingest.append(source, appending),
        commit: (digest, committing) => ingest.commit(digest, committing),
        abort: () => ingest.abort(),
        ...wrap(ingest),
      };
      return Object.defineProperty(own, 'offset', { get: () => ingest.offset });
    },
  };
}

const mutants: Record<string, Mutant> = {
  'reads the source of a blob that is there': (store) => ({
    put: async (digest, source, options) => {
      await readAll(await source.open(options), { limit: 1e9, signal: options?.signal });
      return store.put(digest, source, options);
    },
  }),
  'does not check what it stores': (store) => {
    const kept = new Map<string, Uint8Array>();
    return {
      put: async (digest, source, options) => {
        kept.set(digest, await readAll(await source.open(options), { limit: 1e9, signal: options?.signal }));
        return store.put(digest, source, options);
      },
      stat: async (digest, options) => {
        const bytes = kept.get(digest);
        return (await store.stat(digest, options)) ?? (bytes && { digest, size: bytes.length });
      },
    };
  },
  'keeps the array of the caller': (store) => {
    const kept = new Map<string, Uint8Array>();
    return {
      put: async (digest, source, options) => {
        if (source.bytes !== undefined) kept.set(digest, source.bytes);
        return store.put(digest, source, options);
      },
      ...wrapBlob(store, () => ({})),
      get: async (digest, options) => {
        const [blob, bytes] = [await store.get(digest, options), kept.get(digest)];
        if (blob === undefined || bytes === undefined) return blob;
        return { ...blob, open: () => Promise.resolve(streamOf(bytes)) };
      },
    };
  },
  'says that nothing was created': (store) => ({
    put: async (digest, source, options) => ({ ...(await store.put(digest, source, options)), created: false }),
  }),
  'wraps the error of a source': (store) => ({
    put: async (digest, source, options) => {
      try {
        return await store.put(digest, source, options);
      } catch (cause) {
        if (cause instanceof Error && cause.name !== 'Error') throw cause;
        throw new StoreError('ERR_STORE_WRITE', 'blob cannot be written', { cause });
      }
    },
  }),
  'takes any key': (store) => ({ stat: (digest) => store.stat(digest).catch(() => undefined) }),
  'says that it deleted what was not there': (store) => ({
    delete: async (digest, options) => {
      await store.delete(digest, options);
      return true;
    },
  }),
  'deletes nothing': (store) => ({ delete: async (digest) => (await store.stat(digest)) !== undefined }),
  'lists a blob twice': (store) => ({
    list: async function* () {
      for await (const blob of store.list()) yield* [blob, blob];
    },
  }),
  'never moves the time of a blob': (store) => ({
    stat: async (digest, options) => {
      const stat = await store.stat(digest, options);
      return stat && { ...stat, modifiedAt: 1 };
    },
  }),
  'cuts the last byte of a range': (store) =>
    wrapBlob(store, (blob) => ({
      openUnverifiedRange: (start, end) => blob.openUnverifiedRange(start, Math.max(start, end - 1)),
    })),
  'takes any range': (store) =>
    wrapBlob(store, (blob) => ({
      openUnverifiedRange: (start, end) => blob.openUnverifiedRange(start, end).catch(() => streamOf(new Uint8Array())),
    })),
  'ignores the signal of a reader': (store) => wrapBlob(store, (blob) => ({ open: () => blob.open() })),
  'says ingest and has none': () => ({ ingest: undefined }) as unknown as Partial<BlobStore>,
  'shows an ingest before its commit': (store) =>
    wrapIngest(store, (ingest) => ({
      append: async (source, options) => {
        const bytes = await readAll(await source.open(options), { limit: 1e9, signal: options?.signal });
        await store.put(digestOf(bytes), bytesSource(bytes));
        return ingest.append(source, options);
      },
    })),
  'commits under whatever digest is asked': (store) =>
    wrapIngest(store, (ingest) => ({
      commit: (digest) =>
        ingest.commit(digest).catch(() => ({ created: true, digest: digest as `sha256:${string}`, size: 0 })),
    })),
  'forgets nothing on abort': (store) => wrapIngest(store, () => ({ abort: () => Promise.resolve() })),
};

describe('blobStoreContract', () => {
  it.each(Object.entries(mutants))('fails a store that %s', async (_name, mutate) => {
    const failed = await firstFailureOf((runner) => {
      blobStoreContract(runner, {
        name: 'mutant',
        create: () => {
          const store = memoryBlobStore();
          return Promise.resolve({ store: { ...store, ...mutate(store) } });
        },
      });
    });
    expect(failed).toBeTypeOf('string');
  });

  it('fails a store that hands out damaged bytes, when it is told how to damage them', async () => {
    const failed = await failuresOf((runner) => {
      blobStoreContract(runner, {
        name: 'trusting',
        create: () => {
          const store = memoryBlobStore();
          const damaged = new Map<string, Uint8Array>();
          return Promise.resolve({
            corrupt: (digest, bytes) => Promise.resolve(void damaged.set(digest, bytes)),
            store: {
              ...store,
              get: async (digest, options) => {
                const blob = await store.get(digest, options);
                const open: StoredBlob['open'] = async (opening) => {
                  const bytes = damaged.get(digest);
                  return bytes === undefined ? (blob as StoredBlob).open(opening) : Promise.resolve(streamOf(bytes));
                };
                return blob === undefined ? undefined : { ...blob, open };
              },
            },
          });
        },
      });
    });
    // Six damages of three sizes; of a single byte, no halves can be swapped.
    expect(failed).toHaveLength(17);
  });

  it('passes a store without the powers that it does not claim, and disposes of each', async () => {
    let open = 0;
    const closeOne = (): Promise<void> => {
      open--;
      return Promise.resolve();
    };
    const failed = await failuresOf((runner) => {
      blobStoreContract(runner, {
        name: 'small',
        create: () => {
          open++;
          const store = memoryBlobStore();
          delete store.ingest;
          const abilities = { ...store.abilities, ingest: false, list: false };
          return Promise.resolve({ store: { ...store, abilities }, dispose: closeOne });
        },
      });
    });
    expect([failed, open]).toEqual([[], 0]);
  });
});
