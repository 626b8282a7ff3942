import { checkOptions } from '../bytes/check-options.ts';
import type { Digest } from '../digest/digest.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStore, StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { startReport } from '../ports/report.ts';
import { otherSize, problemOf } from './blob-problem.ts';
import { blobSourceOf } from './blob-source.ts';
import { continued, openChecked } from './checked-stream.ts';
import { replaceBlob } from './replace-blob.ts';
import { StoreFailures, type StoreFailure } from './store-failures.ts';
import { deleteFromAll, listUnion } from './union.ts';

/** The stores that a blob is looked for in. */
export interface FallbackBlobStoreOptions {
  /** In the order in which they are asked. */
  readonly stores: readonly BlobStore[];
  /**
   * Writes a blob that another store served back to the first one that missed it or had other bytes. False by default.
   * A repair that fails is a warning, and never fails the read.
   */
  readonly repair?: boolean | undefined;
  /** Is told who served a blob. */
  readonly onServed?: ((served: ServedBlob) => void) | undefined;
}

/** Who served a blob. */
export interface ServedBlob {
  readonly digest: Digest;
  /** The id of the store. */
  readonly store: string;
  /** Its place among the stores, from 0. */
  readonly index: number;
  /** What the stores before it said. */
  readonly failures: readonly StoreFailure[];
  /** The id of the store that was repaired. */
  readonly repaired?: string | undefined;
}

/**
 * Several stores as one that reads on where a store misses, fails, or has other bytes.
 *
 * The bytes of a blob are checked to their end before the first of them is handed out: a larger one than 4 MiB is read
 * twice. A store that fails after that is left in the middle, and the next one goes on from there; all bytes are checked
 * together once more. Where the store that was asked first said a wrong size, the reading fails, and the next `get` says the
 * right one. Not found is what every store says that; where one could not be asked, it is an error that names
 * what each of them said.
 *
 * What is put goes into the first store. A deletion deletes in all, a listing lists all.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options, or no stores.
 */
export function fallbackBlobStore(options: FallbackBlobStoreOptions): BlobStore {
  checkOptions('fallbackBlobStore', options, ['stores', 'repair', 'onServed']);
  const stores = [...options.stores];
  const [first] = stores;
  if (first === undefined) throw noStores();
  const all: Fallback = { ...options, stores, sizes: new Map() };
  const ingest = first.ingest?.bind(first);
  return {
    id: `fallback:${stores.map(({ id }) => id).join(',')}`,
    abilities: {
      ingest: ingest !== undefined,
      range: stores.every(({ abilities }) => abilities.range),
      list: stores.every(({ abilities }) => abilities.list),
    },
    put: (digest, source, operation) => first.put(digest, source, operation),
    get: (digest, operation = {}) => get(all, digest, operation),
    stat: async (digest, operation = {}) => {
      const failures = new StoreFailures(digest);
      return (await find(stores, 0, failures, operation, (store) => store.stat(digest, operation)))?.found;
    },
    delete: (digest, operation = {}) => deleteFromAll(stores, digest, operation),
    list: (operation = {}) => listUnion(stores, operation),
    ...(ingest === undefined ? {} : { ingest }),
  };
}

interface Fallback extends FallbackBlobStoreOptions {
  /** The sizes of the blobs that a store said another one of, and that were checked since. */
  readonly sizes: Map<Digest, number>;
}

function noStores(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'fallbackBlobStore has no stores', { argument: 'stores' });
}

interface Found<T> {
  readonly index: number;
  readonly store: BlobStore;
  readonly found: T;
}

/** The first answer of the stores from one on. undefined where all of them said that there is none. */
async function find<T>(
  stores: readonly BlobStore[],
  from: number,
  failures: StoreFailures,
  operation: OperationOptions,
  ask: (store: BlobStore) => Promise<T | undefined>,
): Promise<Found<T> | undefined> {
  for (const [index, store] of stores.entries()) {
    if (index < from) continue;
    try {
      const found = await ask(store);
      if (found !== undefined) return { index, store, found };
      failures.missing(store);
    } catch (error) {
      operation.signal?.throwIfAborted();
      if (error instanceof UsageError) throw error;
      failures.failed(store, error);
    }
  }
  const error = failures.error();
  if (error !== undefined) throw error;
  return undefined;
}

async function get(all: Fallback, digest: Digest, operation: OperationOptions): Promise<StoredBlob | undefined> {
  const failures = (): StoreFailures => new StoreFailures(digest);
  const known = all.sizes.get(digest);
  const ask = async (store: BlobStore): Promise<StoredBlob | undefined> => {
    const blob = await store.get(digest, operation);
    if (blob !== undefined && known !== undefined && blob.size !== known)
      throw otherSize({ digest, size: known }, blob.size);
    return blob;
  };
  const first = await find(all.stores, 0, failures(), operation, ask);
  if (first === undefined) return undefined;
  const { size } = first.found;
  return {
    size,
    open: (opening = operation) => serve(all, { digest, size }, opening),
    openUnverifiedRange: async (start, end, opening = operation) => {
      const open = async (store: BlobStore): Promise<ReadableStream<Uint8Array> | undefined> =>
        (await store.get(digest, opening))?.openUnverifiedRange(start, end, opening);
      const range = await find(all.stores, 0, failures(), opening, open);
      if (range === undefined) throw gone(digest);
      return range.found;
    },
  };
}

interface Wanted {
  readonly digest: Digest;
  readonly size: number;
}

async function serve(all: Fallback, wanted: Wanted, operation: OperationOptions): Promise<ReadableStream<Uint8Array>> {
  const { stores } = all;
  const { digest } = wanted;
  const failures = new StoreFailures(digest);
  const open = async (store: BlobStore): Promise<Opened | undefined> => {
    const blob = await store.get(digest, operation);
    return blob && { blob, stream: await openChecked(blob, operation) };
  };
  const served = await find(stores, 0, failures, operation, open);
  if (served === undefined) throw gone(digest);
  await tell(all, served, { digest, failures, operation });
  const { blob, stream } = served.found;
  if (blob.size !== wanted.size) {
    await stream.cancel();
    all.sizes.set(digest, blob.size);
    throw otherSize(wanted, blob.size);
  }
  let asked = served.index;
  return continued(stream, wanted, operation, async (offset, error) => {
    failures.failed(served.store, error);
    const rest = await find(stores, asked + 1, failures, operation, async (store) =>
      (await store.get(digest, operation))?.openUnverifiedRange(offset, wanted.size, operation),
    );
    if (rest === undefined) throw error;
    asked = rest.index;
    return rest.found;
  });
}

interface Opened {
  readonly blob: StoredBlob;
  readonly stream: ReadableStream<Uint8Array>;
}

/** Says who serves, after the repair. */
async function tell(
  all: Fallback,
  served: Found<Opened>,
  state: { readonly digest: Digest; readonly failures: StoreFailures; readonly operation: OperationOptions },
): Promise<void> {
  const { digest, failures, operation } = state;
  const { index, store } = served;
  const report = startReport({ verb: 'read', name: digest }, operation);
  for (const { store: id, message } of failures.list) report.note('fallback', `${id}: ${message}`);
  const damaged = all.repair === true ? failures.repairable : undefined;
  let repaired: string | undefined;
  try {
    if (damaged !== undefined) {
      const source = blobSourceOf(served.found.blob, report.options);
      if (damaged.reason === 'missing') await damaged.store.put(digest, source, report.options);
      else await replaceBlob(damaged.store, digest, source, report.options);
      repaired = damaged.store.id;
    }
  } catch (error) {
    operation.signal?.throwIfAborted();
    report.note('warning', `${damaged?.store.id ?? ''} is not repaired: ${problemOf(digest, error).message}`);
  }
  report.done();
  const facts = { digest, store: store.id, index, failures: failures.list };
  all.onServed?.(repaired === undefined ? facts : { ...facts, repaired });
}

function gone(digest: Digest): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} was deleted from every store`, { digest });
}
