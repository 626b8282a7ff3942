import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { parseDigest, type Digest } from '../../../digest/digest.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { Attempt } from '../shared/browser-failure.ts';
import { hourlySweep, type SweepAbandonedOptions, type SweptUploads } from '../shared/hourly-sweep.ts';
import { Persistence, type StoragePersistence } from '../shared/persistence.ts';
import { putStaged } from '../shared/put-staged.ts';
import { stagedIngests } from '../shared/staged-ingest.ts';
import { blobName, listFiles, markFound, statFile, storedFile } from './blob-files.ts';
import { OpfsFolder, type OpfsStoreOptions } from './folder.ts';
import { stagedFiles } from './staged-file.ts';
import { sweepFiles } from './sweep.ts';

export type { SweepAbandonedOptions, SweptUploads };

/** Where the blobs are, and how long the browser keeps them. */
export interface OpfsBlobStoreOptions extends OpfsStoreOptions {
  /** How long an ingest, or a put whose page was closed, is kept: milliseconds, 24 hours by default. */
  readonly ingestLifetime?: number | undefined;
  /** Asks the browser, at the first write, not to clear this origin's storage when its disk gets full. False by default. */
  readonly persist?: boolean | undefined;
}

/** A blob store that says what the browser promises, and removes what closed pages left. */
export interface OpfsBlobStore extends BlobStore {
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
 * The private file system of an origin as a blob store: one file per blob, written and read as a stream.
 *
 * A blob is written under another name, checked, and then moved: it appears whole or not at all, also where the page is
 * closed in the middle. Any number of pages and workers of an origin may use the folder at once; Web Locks keep them
 * apart. What a closed page leaves is invisible, and swept by age. Where the browser gives no more room, errors are
 * `ERR_STORE_QUOTA`.
 *
 * In a dedicated worker files are written in place. Elsewhere the browser writes into a copy, so that each `append` of
 * an ingest costs as much as what is there already: append much at a time, or work in a worker.
 *
 * Browsers clear this storage when they like, unless they promise otherwise: see `persist`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown. Every verb: `ERR_UNSUPPORTED` where
 * there is no such file system.
 */
export function opfsBlobStore(options: OpfsBlobStoreOptions = {}): OpfsBlobStore {
  checkOptions('opfsBlobStore', options, ['directory', 'ingestLifetime', 'persist']);
  const lifetime = checkCount('ingestLifetime', options.ingestLifetime, 24 * 60 * 60 * 1000);
  const folder = new OpfsFolder(options);
  const persistence = new Persistence(options.persist === true);
  const area = stagedFiles(folder);
  const ingest = stagedIngests(area);
  const sweeper = hourlySweep((olderThan, signal) => sweepFiles(folder, olderThan, signal), lifetime);
  return {
    id: folder.id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) => {
      signal?.throwIfAborted();
      const known = parseDigest(digest);
      persistence.ask();
      if (await putKnown(folder, known)) return { created: false };
      await sweeper.now(signal);
      return putStaged(area, known, source, signal);
    },
    get: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const name = blobName(parseDigest(digest));
      const file = await folder.run(about('read', digest), () => folder.file('blobs', name));
      return file && storedFile(folder, digest, file);
    },
    stat: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const known = parseDigest(digest);
      return folder.run(about('read', known), () => statFile(folder, known));
    },
    delete: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return remove(folder, parseDigest(digest));
    },
    list: ({ signal } = {}) => listFiles(folder, signal),
    ingest: async (id, operation = {}) => {
      operation.signal?.throwIfAborted();
      persistence.ask();
      if (id === undefined) await sweeper.now(operation.signal);
      return ingest(id, operation);
    },
    persistence: () => persistence.answer(),
    sweepAbandoned: (sweep) => sweeper.asked(sweep),
  };
}

function about(action: 'read' | 'write', digest: Digest): Omit<Attempt, 'store'> {
  return { action, what: `blob ${digest}`, digest };
}

/** True where the blob is there, and is marked as found by a writer now. */
function putKnown(folder: OpfsFolder, digest: Digest): Promise<boolean> {
  const name = blobName(digest);
  return folder.run(about('write', digest), async () => {
    // Most blobs that are put are new, and a look costs less than a lock.
    if ((await folder.find('blobs', name)) === undefined) return false;
    return folder.locked(name, () => markFound(folder, name));
  });
}

function remove(folder: OpfsFolder, digest: Digest): Promise<boolean> {
  const name = blobName(digest);
  return folder.run(about('write', digest), () =>
    folder.locked(name, async () => {
      await folder.remove('found', name);
      return folder.remove('blobs', name);
    }),
  );
}
