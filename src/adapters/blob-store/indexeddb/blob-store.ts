import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import { parseDigest, type Digest } from '../../../digest/digest.ts';
import { verifyBytes } from '../../../digest/verify-stream.ts';
import type { BlobStat, BlobStore } from '../../../ports/blob-store.ts';
import { hourlySweep, type SweepAbandonedOptions, type SweptUploads } from '../shared/hourly-sweep.ts';
import { Persistence, type StoragePersistence } from '../shared/persistence.ts';
import { pieceBytes } from '../shared/pieces.ts';
import { putStaged } from '../shared/put-staged.ts';
import { stagedIngests } from '../shared/staged-ingest.ts';
import { randomId } from '../../../bytes/random-id.ts';
import { answerOf, Database, storeKeys, type IndexedDbStoreOptions } from './database.ts';
import { blobEntry, chunksOfUpload, touch, type BlobEntry } from './entries.ts';
import { storedBlob } from './read-blob.ts';
import { sweepAbandoned } from './sweep.ts';
import { uploads } from './upload.ts';

export type { SweepAbandonedOptions, SweptUploads };

/** Where the blobs are, and how long the browser keeps them. */
export interface IndexedDbBlobStoreOptions extends IndexedDbStoreOptions {
  /** How long an ingest, or a put whose page was closed, is kept: milliseconds, 24 hours by default. */
  readonly ingestLifetime?: number | undefined;
  /** Asks the browser, at the first write, not to clear this origin's storage when its disk gets full. False by default. */
  readonly persist?: boolean | undefined;
}

/** A blob store that says what the browser promises, and removes what closed pages left. */
export interface IndexedDbBlobStore extends BlobStore {
  /** What the browser promises. With `persist` it asks first, and waits for the answer, which may be that of a person. */
  persistence(): Promise<StoragePersistence>;
  /**
   * Removes what puts and ingests left that nobody has written to for so long.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_WRITE`.
   */
  sweepAbandoned(options: SweepAbandonedOptions): Promise<SweptUploads>;
}

/**
 * The IndexedDB of a browser as a blob store: chunks of 1 MiB, so that no blob is ever in memory as a whole.
 *
 * A blob appears by one transaction, after every byte was checked. Any number of pages and workers of an origin may use
 * the database at once. What a closed page leaves is invisible, and swept by age. Where the browser gives no more room,
 * errors are `ERR_STORE_QUOTA`; a database that another page keeps from being upgraded is `ERR_CONFLICT`, and retryable.
 *
 * Browsers clear this storage when they like, unless they promise otherwise: see `persist`. Small blobs are written and
 * listed several times faster here than by `opfsBlobStore`, which is the faster one to read large blobs from.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function indexedDbBlobStore(options: IndexedDbBlobStoreOptions = {}): IndexedDbBlobStore {
  checkOptions('indexedDbBlobStore', options, [...storeKeys, 'ingestLifetime', 'persist']);
  const lifetime = checkCount('ingestLifetime', options.ingestLifetime, 24 * 60 * 60 * 1000);
  const database = new Database(options);
  const persistence = new Persistence(options.persist === true);
  const area = uploads(database);
  const ingest = stagedIngests(area);
  const sweep = (olderThan: number, signal: Signal): Promise<SweptUploads> =>
    sweepAbandoned(database, olderThan, signal);
  const sweeper = hourlySweep(sweep, lifetime);
  return {
    id: database.id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) => {
      signal?.throwIfAborted();
      const known = parseDigest(digest);
      persistence.ask();
      if (await putKnown(database, known, signal)) return { created: false };
      await sweeper.now(signal);
      return (await putWhole(database, known, source, signal)) ?? putStaged(area, known, source, signal);
    },
    get: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = await stat(database, parseDigest(digest), signal);
      return found === undefined ? undefined : storedBlob(database, digest, found.size);
    },
    stat: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return stat(database, parseDigest(digest), signal);
    },
    delete: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return remove(database, parseDigest(digest), signal);
    },
    list: ({ signal } = {}) => list(database, signal),
    ingest: async (id, operation = {}) => {
      operation.signal?.throwIfAborted();
      persistence.ask();
      if (id === undefined) await sweeper.now(operation.signal);
      return ingest(id, operation);
    },
    persistence: () => persistence.answer(),
    sweepAbandoned: (sweepOptions) => sweeper.asked(sweepOptions),
  };
}

type Signal = AbortSignal | undefined;

function statOf({ digest, size, modifiedAt }: BlobEntry): BlobStat {
  return { digest, size, modifiedAt };
}

async function stat(database: Database, digest: Digest, signal: Signal): Promise<BlobStat | undefined> {
  const transaction = { stores: ['blobs'], mode: 'readonly', signal } as const;
  const facts = { action: 'read', what: `blob ${digest}`, digest } as const;
  const found = await database.run(facts, transaction, (running) => blobEntry(running, digest));
  return found && statOf(found);
}

/** True where the blob is there, and is marked as found by a writer now. */
function putKnown(database: Database, digest: Digest, signal: Signal): Promise<boolean> {
  const transaction = { stores: ['blobs'], mode: 'readwrite', signal } as const;
  return database.run({ action: 'write', what: `blob ${digest}`, digest }, transaction, async (running) => {
    const found = await blobEntry(running, digest);
    if (found !== undefined) await touch(running, found);
    return found !== undefined;
  });
}

/** Stores what is in memory already, and fits in one chunk, by one transaction; undefined where it is not so. */
async function putWhole(
  database: Database,
  digest: Digest,
  source: ByteSource,
  signal: Signal,
): Promise<{ readonly created: boolean } | undefined> {
  if (source.bytes === undefined || source.bytes.length > pieceBytes) return undefined;
  // A copy, so that the caller may change his array; and a view would be stored with all of its memory.
  const bytes = verifyBytes(new Uint8Array(source.bytes), { digest, size: source.size });
  const transaction = { stores: ['blobs', 'chunks'], mode: 'readwrite', decisive: true, signal } as const;
  return database.run({ action: 'write', what: `blob ${digest}`, digest }, transaction, async (running) => {
    const found = await blobEntry(running, digest);
    if (found !== undefined) {
      await touch(running, found);
      return { created: false };
    }
    const entry: BlobEntry = { digest, size: bytes.length, upload: randomId(), modifiedAt: Date.now() };
    if (bytes.length > 0) await answerOf(running.objectStore('chunks').put(bytes, [entry.upload, 0]));
    await answerOf(running.objectStore('blobs').put(entry, digest));
    return { created: true };
  });
}

async function remove(database: Database, digest: Digest, signal: Signal): Promise<boolean> {
  const transaction = { stores: ['blobs', 'chunks'], mode: 'readwrite', decisive: true, signal } as const;
  return database.run({ action: 'write', what: `blob ${digest}`, digest }, transaction, async (running) => {
    const found = await blobEntry(running, digest);
    if (found === undefined) return false;
    await answerOf(running.objectStore('blobs').delete(digest));
    await answerOf(running.objectStore('chunks').delete(chunksOfUpload(found.upload)));
    return true;
  });
}

const pageEntries = 500;

async function* list(database: Database, signal: Signal): AsyncGenerator<BlobStat, void, undefined> {
  const transaction = { stores: ['blobs'], mode: 'readonly', signal } as const;
  for (let after = '', full = true; full;) {
    const page = await database.run({ action: 'read', what: 'list of blobs' }, transaction, async (running) => {
      const request = running.objectStore('blobs').getAll(IDBKeyRange.lowerBound(after, true), pageEntries);
      return (await answerOf(request)) as BlobEntry[];
    });
    for (const entry of page) {
      signal?.throwIfAborted();
      yield statOf(entry);
    }
    after = page.at(-1)?.digest ?? after;
    full = page.length === pageEntries;
  }
}
