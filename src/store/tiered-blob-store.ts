import { checkOptions } from '../bytes/check-options.ts';
import type { ByteSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStore, StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { isCorrupt, otherSize } from './blob-problem.ts';
import { blobSourceOf } from './blob-source.ts';
import { CacheLedger } from './cache-ledger.ts';
import { continued, failing, oneBehind } from './checked-stream.ts';
import { withNotedFailure } from './noted-failure.ts';
import { SharedFetch } from './shared-fetch.ts';
import { untilAborted } from '../bytes/until-aborted.ts';

/** A store, and a faster one in front of it. */
export interface TieredBlobStoreOptions {
  /** The faster store, of which nothing is expected but speed. It must be able to list, and be used by this process only. */
  readonly cache: BlobStore;
  /** The store that has everything. */
  readonly store: BlobStore;
  /** Bytes that the cache may hold. What was used longest ago leaves it first. */
  readonly maxBytes: number;
}

/**
 * A store with a cache in front of it.
 *
 * A blob that is read is fetched once, for all who read it at the same time, and given to them as it comes, while it
 * is written to the cache. What is put goes through the cache into the store, where its size is known. The bytes of
 * whatever a reader gets are checked together before the end of his stream. Damaged or cut bytes do not stay in the cache;
 * the reader who meets them gets those of the store, or where some of the wrong ones were handed out, an error, and the
 * right ones the next time. A cache that fails only makes it slower. A blob larger than the cache passes it by, and so
 * does a range.
 *
 * A deletion deletes in both; what another process deletes from the store can still be read here until it leaves the
 * cache. Listing and ingests are those of the store.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options, `ERR_UNSUPPORTED` for a cache that cannot list.
 */
export function tieredBlobStore(options: TieredBlobStoreOptions): BlobStore {
  checkOptions('tieredBlobStore', options, ['cache', 'store', 'maxBytes']);
  const { cache, store, maxBytes } = options;
  if (!(maxBytes >= 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `maxBytes is ${String(maxBytes)}, expected 0 or more`, {
      argument: 'maxBytes',
    });
  }
  if (!cache.abilities.list) {
    throw new UsageError('ERR_UNSUPPORTED', `cache ${cache.id} cannot list its blobs`, { argument: 'cache' });
  }
  const tiers = new Tiers(cache, store, maxBytes);
  const ingest = store.ingest?.bind(store);
  return {
    id: store.id,
    abilities: store.abilities,
    put: (digest, source, operation = {}) => tiers.put(digest, source, operation),
    get: (digest, operation = {}) => tiers.get(digest, operation),
    stat: (digest, operation) => store.stat(digest, operation),
    delete: (digest, operation = {}) => tiers.delete(digest, operation),
    list: (operation) => store.list(operation),
    ...(ingest === undefined ? {} : { ingest }),
  };
}

class Tiers {
  readonly #cache: BlobStore;
  readonly #store: BlobStore;
  readonly #ledger: CacheLedger;
  readonly #lookups = new Map<Digest, Promise<StoredBlob | undefined>>();
  readonly #fetches = new Map<Digest, SharedFetch>();

  constructor(cache: BlobStore, store: BlobStore, maxBytes: number) {
    this.#cache = cache;
    this.#store = store;
    this.#ledger = new CacheLedger(cache, maxBytes);
  }

  /** Through the cache: the source is read once, and what the store reads can be read again. */
  async put(digest: Digest, source: ByteSource, options: OperationOptions): Promise<{ readonly created: boolean }> {
    if ((await this.#store.stat(digest, options)) !== undefined) return this.#store.put(digest, source, options);
    const cached = await this.#putIntoCache(digest, source, options);
    if (cached === undefined) return this.#store.put(digest, source, options);
    const cache = { failed: false };
    try {
      const noted = withNotedFailure(blobSourceOf(cached), () => (cache.failed = true));
      return await this.#store.put(digest, noted, options);
    } catch (error) {
      await this.#drop(digest);
      options.signal?.throwIfAborted();
      if (!cache.failed && !isCorrupt(error)) throw error;
      return this.#store.put(digest, source, options);
    }
  }

  /** undefined where the cache has no room for the blob, or fails. */
  async #putIntoCache(digest: Digest, source: ByteSource, options: OperationOptions): Promise<StoredBlob | undefined> {
    const { size } = source;
    if (size === undefined || !(await this.#ledger.reserve(digest, size).catch(() => false))) return undefined;
    try {
      await this.#cache.put(digest, source, options);
      return await this.#cache.get(digest, options);
    } catch (error) {
      await this.#drop(digest);
      options.signal?.throwIfAborted();
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }

  async get(digest: Digest, options: OperationOptions): Promise<StoredBlob | undefined> {
    const { signal } = options;
    signal?.throwIfAborted();
    const cached = await this.#cached(digest, options);
    if (cached !== undefined) return this.#fromCache(digest, cached);
    const found = this.#fetches.get(digest)?.blob ?? (await untilAborted(this.#lookUp(digest), signal));
    if (found === undefined) return undefined;
    return { ...found, open: (opening = options) => this.#fetched(digest, found, opening) };
  }

  async #cached(digest: Digest, options: OperationOptions): Promise<StoredBlob | undefined> {
    if (this.#fetches.has(digest)) return undefined;
    try {
      await this.#ledger.ready();
      const blob = await this.#cache.get(digest, options);
      if (blob !== undefined) this.#ledger.touch(digest, blob.size);
      return blob;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof UsageError) throw error;
      return undefined;
    }
  }

  #fromCache(digest: Digest, blob: StoredBlob): StoredBlob {
    const { size } = blob;
    return {
      size,
      open: async (options = {}) => {
        const first = await blob.open(options).catch((error: unknown) => {
          options.signal?.throwIfAborted();
          return failing(error);
        });
        let asked = false;
        const expected = { digest, size, onWrong: () => this.#drop(digest) };
        return continued(streamFrom(oneBehind(first)), expected, options, async (offset, error) => {
          if (asked) throw error;
          asked = true;
          if (isCorrupt(error)) await this.#drop(digest);
          return this.#rest(this.#store, digest, offset, size, options);
        });
      },
      openUnverifiedRange: (start, end, options = {}) =>
        blob.openUnverifiedRange(start, end, options).catch(async (error: unknown) => {
          options.signal?.throwIfAborted();
          if (error instanceof UsageError) throw error;
          const stored = await this.#store.get(digest, options);
          if (stored === undefined) throw gone(this.#store, digest);
          return stored.openUnverifiedRange(start, end, options);
        }),
    };
  }

  async #drop(digest: Digest): Promise<void> {
    await this.#ledger.remove(digest).catch(() => undefined);
  }

  /** One question for all who ask at the same time; none of them ends it for the others. */
  #lookUp(digest: Digest): Promise<StoredBlob | undefined> {
    const known = this.#lookups.get(digest);
    if (known !== undefined) return known;
    const asked = this.#store.get(digest).finally(() => this.#lookups.delete(digest));
    this.#lookups.set(digest, asked);
    return asked;
  }

  async #fetched(digest: Digest, blob: StoredBlob, options: OperationOptions): Promise<ReadableStream<Uint8Array>> {
    options.signal?.throwIfAborted();
    const fetch = this.#fetches.get(digest) ?? this.#fetch(digest, blob);
    const leave = fetch.join();
    const { size } = blob;
    const live = fetch.live() ?? failing(new Error('fetch has begun'));
    const tried = { cache: false, store: false };
    const whole = continued(live, { digest, size }, options, async (offset, error) => {
      if (tried.store) throw error;
      const cached = await untilAborted(fetch.cached, options.signal);
      if (cached && !tried.cache) {
        tried.cache = true;
        const rest = await this.#rest(this.#cache, digest, offset, size, options).catch(() => undefined);
        if (rest !== undefined) return rest;
      }
      tried.store = true;
      return this.#rest(this.#store, digest, offset, size, options);
    });
    return Promise.resolve(
      streamFrom(async function* (signal) {
        try {
          yield* chunksOf(whole, { signal });
          // The cache has the last bytes a moment later, and must not be cut off from them.
          await fetch.cached;
        } finally {
          leave();
        }
      }, options.signal),
    );
  }

  #fetch(digest: Digest, blob: StoredBlob): SharedFetch {
    const fetch = new SharedFetch({ digest, blob, cache: this.#cache, ledger: this.#ledger });
    this.#fetches.set(digest, fetch);
    void fetch.cached.then(() => {
      if (this.#fetches.get(digest) === fetch) this.#fetches.delete(digest);
    });
    return fetch;
  }

  async #rest(
    from: BlobStore,
    digest: Digest,
    offset: number,
    size: number,
    options: OperationOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const blob = await from.get(digest, options);
    if (blob === undefined) throw gone(from, digest);
    // The other one said the size, and was wrong.
    if (blob.size !== size) throw otherSize({ digest, size }, blob.size);
    return offset === 0 ? blob.open(options) : blob.openUnverifiedRange(offset, size, options);
  }

  async delete(digest: Digest, options: OperationOptions): Promise<boolean> {
    const deleted = await this.#store.delete(digest, options);
    // A fetch that began before would bring it back.
    await this.#fetches.get(digest)?.cached;
    return (await this.#ledger.remove(digest, options)) || deleted;
  }
}

function gone(store: BlobStore, digest: Digest): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is no longer in ${store.id}`, {
    store: store.id,
    digest,
  });
}
