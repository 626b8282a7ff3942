import { StoreError, UsageError } from '../../../errors.ts';
import { attempt, nameOf, type Attempt } from '../shared/browser-failure.ts';

/** Which database, and how sure a write is. */
export interface IndexedDbStoreOptions {
  /** The name of the database, which holds nothing else; `packwright` by default. Blobs and records may share it. */
  readonly name?: string | undefined;
  /** Waits until the disk has what was written, before `put` and `commit` return. False by default. */
  readonly durable?: boolean | undefined;
}

/** The options of every store in a database. */
export const storeKeys: readonly string[] = ['name', 'durable'];

const storeNames = ['blobs', 'chunks', 'uploads', 'records', 'values'] as const;
/** What a database is divided into. */
export type StoreName = (typeof storeNames)[number];

/** Version 1 is what `indexedDB.open(name)` makes of nothing. */
const layoutVersion = 2;

/** What is done in one transaction. */
export interface Transaction {
  readonly stores: readonly StoreName[];
  readonly mode: IDBTransactionMode;
  /** True where what was written becomes visible; the disk may be waited for. */
  readonly decisive?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A database that is opened when it is needed, and again when the browser, or a newer version of us, closed it. */
export class Database {
  readonly id: string;
  readonly #name: string;
  readonly #durable: boolean;
  #opening: Promise<IDBDatabase> | undefined;

  constructor({ name = 'packwright', durable = false }: IndexedDbStoreOptions) {
    if (typeof name !== 'string' || name === '') {
      throw new UsageError('ERR_INVALID_ARGUMENT', 'name of the database is no text', { argument: 'name' });
    }
    this.id = `indexeddb:${name}`;
    this.#name = name;
    this.#durable = durable;
  }

  /**
   * Runs requests in one transaction, which is undone where they fail. `work` must wait for nothing but its requests: a
   * transaction ends by itself as soon as it has none.
   */
  async run<T>(
    facts: Omit<Attempt, 'store'>,
    { stores, mode, decisive = false, signal }: Transaction,
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const about: Attempt = { ...facts, store: this.id };
    const transaction = await attempt(about, () => this.#begin(stores, mode, decisive && this.#durable));
    return attempt(about, () => finished(transaction, work));
  }

  async #begin(stores: readonly StoreName[], mode: IDBTransactionMode, strict: boolean): Promise<IDBTransaction> {
    const options = strict ? ({ durability: 'strict' } as const) : ({ durability: 'relaxed' } as const);
    const database = await this.#open();
    try {
      return database.transaction(stores, mode, options);
    } catch (error) {
      // It was closed under us.
      if (nameOf(error) !== 'InvalidStateError') throw error;
      this.#opening = undefined;
      return (await this.#open()).transaction(stores, mode, options);
    }
  }

  async #open(): Promise<IDBDatabase> {
    this.#opening ??= openDatabase(this.#name, this.id);
    try {
      const database = await this.#opening;
      const forget = (): void => void (this.#opening = undefined);
      database.onclose = forget;
      // Whoever wants to upgrade or delete the database must not wait for us.
      database.onversionchange = () => {
        database.close();
        forget();
      };
      return database;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

async function finished<T>(transaction: IDBTransaction, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('transaction was aborted', 'AbortError'));
  });
  // Where the work fails, nobody waits for it.
  ended.catch(() => undefined);
  try {
    const result = await work(transaction);
    await ended;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It has ended already.
    }
    throw error;
  }
}

/** What a request gives. */
export function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('request failed'));
  });
}

function openDatabase(name: string, store: string): Promise<IDBDatabase> {
  if ((globalThis.indexedDB as IDBFactory | undefined) === undefined) {
    throw new UsageError('ERR_UNSUPPORTED', `${store} cannot be opened: there is no IndexedDB here`);
  }
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, layoutVersion);
    let refusal: StoreError | undefined;
    request.onupgradeneeded = () => {
      if (request.result.objectStoreNames.length === 0) makeStores(request.result);
      else {
        refusal = otherLayout(name, store);
        request.transaction?.abort();
      }
    };
    request.onblocked = () => {
      refusal = blocked(name, store);
      reject(refusal);
    };
    request.onsuccess = () => {
      refusal ??= isOurs(request.result) ? undefined : otherLayout(name, store);
      if (refusal === undefined) {
        resolve(request.result);
        return;
      }
      // Also where it was blocked, and nobody waits for it any more.
      request.result.close();
      reject(refusal);
    };
    request.onerror = () => reject(refusal ?? openFailure(request.error, name, store));
  });
}

function makeStores(database: IDBDatabase): void {
  for (const name of storeNames) database.createObjectStore(name);
}

function isOurs(database: IDBDatabase): boolean {
  return storeNames.every((name) => database.objectStoreNames.contains(name));
}

function openFailure(error: DOMException | null, name: string, store: string): Error {
  if (error?.name !== 'VersionError') return error ?? new Error('database was not opened');
  return new StoreError('ERR_STORE_READ', `database ${name} is newer than this version of packwright`, {
    cause: error,
    store,
    hint: 'load the page anew',
  });
}

function otherLayout(name: string, store: string): StoreError {
  return new StoreError('ERR_STORE_READ', `database ${name} is there, and no version of packwright made it`, {
    store,
    hint: 'give the store a name of its own',
  });
}

function blocked(name: string, store: string): StoreError {
  return new StoreError('ERR_CONFLICT', `database ${name} cannot be upgraded while another page has it open`, {
    store,
    retryable: true,
    hint: 'close the other tabs of this origin, or load them anew',
  });
}
