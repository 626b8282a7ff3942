import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import type { BlobStore, StoredBlob } from '../../src/ports/blob-store.ts';
import type { RecordStore } from '../../src/ports/record-store.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';

/** A process that is killed after so many steps: from then on nothing that it asks for happens. */
export class Killed {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  get dead(): boolean {
    return this.#left < 0;
  }

  step(): void {
    if (this.#left-- <= 0) throw new Error('killed');
  }

  /** Runs one step; it may happen and its answer be lost. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.step();
    const answer = await work();
    this.step();
    return answer;
  }
}

/** A blob store as a process sees it that is killed. */
export function killableBlobs(store: BlobStore, killed: Killed): BlobStore {
  return {
    ...store,
    put: (...args) => killed.run(() => store.put(...args)),
    get: (...args) => killed.run(() => store.get(...args)),
    stat: (...args) => killed.run(() => store.stat(...args)),
    delete: (...args) => killed.run(() => store.delete(...args)),
    ingest: (...args) => killed.run(async () => (await store.ingest?.(...args)) as never),
  };
}

/** A record store as a process sees it that is killed. */
export function killableRecords(store: RecordStore, killed: Killed): RecordStore {
  return {
    ...store,
    put: (...args) => killed.run(() => store.put(...args)),
    get: (...args) => killed.run(() => store.get(...args)),
    delete: (...args) => killed.run(() => store.delete(...args)),
  };
}

/** A blob store, and how often each blob was read. */
export function countedReads(store: BlobStore): { readonly store: BlobStore; readonly reads: Map<Digest, number> } {
  const reads = new Map<Digest, number>();
  const get = async (digest: Digest): Promise<StoredBlob | undefined> => {
    const blob = await store.get(digest);
    if (blob === undefined) return undefined;
    return {
      ...blob,
      open: (options) => {
        reads.set(digest, (reads.get(digest) ?? 0) + 1);
        return blob.open(options);
      },
    };
  };
  return { store: { ...store, get }, reads };
}

/** A blob store that has other bytes under one digest until they are deleted. */
export function corruptBlob(store: BlobStore, digest: Digest): BlobStore {
  let corrupt = true;
  const bad = digestOf(someBytes(9, 9));
  return {
    ...store,
    get: async (wanted, options) => {
      const blob = await store.get(wanted, options);
      if (wanted !== digest || !corrupt || blob === undefined) return blob;
      return { ...blob, open: (opening) => openWrong(digest, bad, opening?.signal) };
    },
    delete: async (wanted, options) => {
      if (wanted === digest) corrupt = false;
      return store.delete(wanted, options);
    },
  };
}

async function openWrong(
  digest: Digest,
  actual: Digest,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  signal?.throwIfAborted();
  const { IntegrityError } = await import('../../src/errors.ts');
  const error = new IntegrityError('ERR_DIGEST_MISMATCH', `blob is wrong`, { expected: digest, actual });
  return new ReadableStream({
    pull(controller) {
      controller.error(error);
    },
  });
}

/** Puts a blob of some size. */
export async function putBlob(store: BlobStore, size: number, seed = 1): Promise<Digest> {
  const bytes = someBytes(size, seed);
  const digest = digestOf(bytes);
  await store.put(digest, bytesSource(bytes));
  return digest;
}

/** The bytes of a blob, checked. */
export async function bytesOf(store: Pick<BlobStore, 'get'>, digest: Digest): Promise<Uint8Array | undefined> {
  const blob = await store.get(digest);
  return blob === undefined ? undefined : contentOf(await blob.open());
}

/** Every digest that a store lists. */
export async function digestsIn(store: BlobStore): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of store.list()) digests.add(digest);
  return digests;
}

/** Every key that a record store lists. */
export async function keysIn(records: RecordStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of records.list(prefix)) keys.push(key);
  return keys;
}

/** A blob store that takes no ingests. */
export function withoutIngest(store: BlobStore): BlobStore {
  const plain: BlobStore = { ...store, abilities: { ...store.abilities, ingest: false } };
  Reflect.deleteProperty(plain, 'ingest');
  return plain;
}
