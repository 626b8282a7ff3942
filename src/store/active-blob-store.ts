import { checkOptions } from '../bytes/check-options.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { Digest } from '../digest/digest.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStat, BlobStore, Ingest, StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readActive } from './active-record.ts';
import { checkSegment } from './json-record.ts';
import { deleteFromAll, listUnion } from './union.ts';

/** The stores of which one is active. */
export interface ActiveBlobStoreOptions {
  /** Where `migrateBlobs` says which store is active. */
  readonly records: RecordStore;
  /** The set of blobs, as `migrateBlobs` calls it; `blobs` by default. */
  readonly id?: string | undefined;
  /** Every store that can be active, by the name that `migrateBlobs` gives it: the store's id, if not told otherwise. */
  readonly stores: Readonly<Record<string, BlobStore>>;
  /** The name of the store that is active as long as nobody has said so. */
  readonly initial: string;
}

/**
 * Blobs that can move to another store while they are read and written.
 *
 * Each call asks the record which store is active. A write goes there, and follows where the active store was changed
 * meanwhile. A read goes there first, then to the other stores: during a migration, what was put before the change is
 * still in the one, and what was not yet copied in the other. A deletion deletes in all of them; a listing lists all.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options. StoreError (from each call) `ERR_STORE_READ` where the
 *   record names a store that is not among those given.
 */
export function activeBlobStore(options: ActiveBlobStoreOptions): BlobStore {
  checkOptions('activeBlobStore', options, ['records', 'id', 'stores', 'initial']);
  const set = new ActiveStores(options);
  const every = [...set.all];
  const ingest = every.every(({ abilities }) => abilities.ingest);
  return {
    id: set.id,
    abilities: {
      ingest,
      range: every.every(({ abilities }) => abilities.range),
      list: every.every(({ abilities }) => abilities.list),
    },
    put: (digest, source, operation = {}) => put(set, digest, source, operation),
    get: (digest, operation = {}) => first(set, operation, (store) => store.get(digest, operation)),
    stat: (digest, operation = {}) => first(set, operation, (store) => store.stat(digest, operation)),
    delete: async (digest, operation = {}) => deleteFromAll(await set.order(operation), digest, operation),
    list: (operation = {}) => listActive(set, operation),
    ...(ingest ? { ingest: (id, operation = {}) => openIngest(set, id, operation) } : {}),
  };
}

class ActiveStores {
  readonly id: string;
  readonly #options: ActiveBlobStoreOptions;
  readonly #set: string;

  constructor(options: ActiveBlobStoreOptions) {
    this.#options = options;
    this.#set = checkSegment('id', options.id ?? 'blobs');
    this.id = `active:${this.#set}`;
    if (!Object.hasOwn(options.stores, options.initial)) {
      throw new UsageError(
        'ERR_INVALID_ARGUMENT',
        `initial store ${JSON.stringify(options.initial)} is not among ${this.#names()}`,
        { argument: 'initial' },
      );
    }
  }

  get all(): readonly BlobStore[] {
    return Object.values(this.#options.stores);
  }

  /** The active store. */
  async active(operation: OperationOptions): Promise<BlobStore> {
    const { records, stores, initial } = this.#options;
    const name = (await readActive(records, this.#set, { signal: operation.signal })) ?? initial;
    const store = Object.hasOwn(stores, name) ? stores[name] : undefined;
    if (store !== undefined) return store;
    throw new StoreError('ERR_STORE_READ', `active store ${JSON.stringify(name)} is not among ${this.#names()}`, {
      store: this.id,
    });
  }

  /** All stores, the active one first. */
  async order(operation: OperationOptions): Promise<BlobStore[]> {
    const active = await this.active(operation);
    return [active, ...this.all.filter((store) => store !== active)];
  }

  #names(): string {
    return Object.keys(this.#options.stores).join(', ');
  }
}

async function put(
  set: ActiveStores,
  digest: Digest,
  source: ByteSource,
  operation: OperationOptions,
): Promise<{ readonly created: boolean }> {
  for (let store = await set.active(operation); ;) {
    const answer = await store.put(digest, source, operation);
    const now = await set.active(operation);
    if (now === store) return answer;
    store = now;
  }
}

async function first<T extends StoredBlob | BlobStat>(
  set: ActiveStores,
  operation: OperationOptions,
  ask: (store: BlobStore) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const store of await set.order(operation)) {
    const found = await ask(store);
    if (found !== undefined) return found;
  }
  // Between two answers the blob may have been copied to the one and deleted from the other.
  return ask(await set.active(operation));
}

async function* listActive(set: ActiveStores, operation: OperationOptions): AsyncGenerator<BlobStat, void, undefined> {
  yield* listUnion(await set.order(operation), operation);
}

/** A new ingest is begun in the active store; one that goes on is where it was begun. */
async function openIngest(set: ActiveStores, id: string | undefined, operation: OperationOptions): Promise<Ingest> {
  const [active, ...others] = await set.order(operation);
  let failure: unknown;
  for (const store of id === undefined ? [active] : [active, ...others]) {
    try {
      const ingest = await store?.ingest?.(id, operation);
      if (ingest !== undefined) return ingest;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
