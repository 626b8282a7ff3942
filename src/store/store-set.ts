import { UsageError } from '../errors.ts';
import type { BlobStore, BlobStoreAbilities } from '../ports/blob-store.ts';
import { problemOf } from './blob-problem.ts';

/** A store, or what opens it when it is first asked for. */
export type StoreEntry = BlobStore | (() => BlobStore | Promise<BlobStore>);

/** Named stores. */
export interface StoreSet {
  /** The names, in the order in which they were added. */
  readonly names: readonly string[];
  /**
   * Adds a store.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT` for a name that is taken or empty.
   */
  add(name: string, entry: StoreEntry): StoreSet;
  /** Whether a store has this name. It is not opened. */
  has(name: string): boolean;
  /**
   * The store of a name. One that is opened by a function is opened once; after a failure the next call tries again.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown name, listing those that there are. What the function throws.
   */
  get(name: string): Promise<BlobStore>;
  /** What each store can do. Opens all of them; one that cannot be opened says why. */
  describe(): Promise<readonly StoreFacts[]>;
}

/** What a set knows of one of its stores. */
export interface StoreFacts {
  readonly name: string;
  readonly id?: string | undefined;
  readonly abilities?: BlobStoreAbilities | undefined;
  /** Why the store could not be opened. */
  readonly problem?: string | undefined;
}

/**
 * Stores by name, opened when they are first asked for.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an empty name.
 */
export function storeSet(entries: Readonly<Record<string, StoreEntry>> = {}): StoreSet {
  const stores = new Map<string, StoreEntry>();
  const opened = new Map<string, Promise<BlobStore>>();
  const open = (name: string): Promise<BlobStore> => {
    const entry = stores.get(name);
    if (entry === undefined) throw unknownStore(name, [...stores.keys()]);
    const known = opened.get(name);
    if (known !== undefined) return known;
    const opening = Promise.resolve(typeof entry === 'function' ? Promise.resolve().then(entry) : entry);
    opened.set(name, opening);
    opening.catch(() => opened.delete(name));
    return opening;
  };
  const set: StoreSet = {
    get names() {
      return [...stores.keys()];
    },
    add: (name, entry) => {
      if (name === '' || stores.has(name)) throw takenName(name);
      stores.set(name, entry);
      return set;
    },
    has: (name) => stores.has(name),
    get: async (name) => open(name),
    describe: () => Promise.all([...stores.keys()].map((name) => factsOf(name, open(name)))),
  };
  for (const [name, entry] of Object.entries(entries)) set.add(name, entry);
  return set;
}

async function factsOf(name: string, opening: Promise<BlobStore>): Promise<StoreFacts> {
  try {
    const { id, abilities } = await opening;
    return { name, id, abilities };
  } catch (error) {
    return { name, problem: problemOf('sha256:', error).message };
  }
}

function takenName(name: string): UsageError {
  const what = name === '' ? 'is empty' : 'is taken';
  return new UsageError('ERR_INVALID_ARGUMENT', `store name ${JSON.stringify(name)} ${what}`, { argument: 'name' });
}

function unknownStore(name: string, names: readonly string[]): UsageError {
  const there = names.length === 0 ? 'there are no stores' : `there are ${names.join(', ')}`;
  return new UsageError('ERR_INVALID_ARGUMENT', `store ${JSON.stringify(name)} is not known; ${there}`, {
    argument: 'name',
    details: { available: names },
  });
}
