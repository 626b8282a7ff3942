import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { parseDigest, type Digest } from '../../../digest/digest.ts';
import type { BlobStat, BlobStore } from '../../../ports/blob-store.ts';
import type { PostgresStoreOptions, PostgresTransaction } from './client.ts';
import { Database, storeKeys, type Row, type Statement } from './database.ts';
import { blobIngests } from './ingest.ts';
import { purge } from './purge.ts';
import { putBlob } from './put-blob.ts';
import { placeAndText, storedBlob } from './read-blob.ts';
import { sweepAbandoned, type SweepAbandonedOptions, type SweptUploads } from './sweep.ts';

/** Where the blobs are, and how long an upload is kept that nobody goes on with. */
export interface PostgresBlobStoreOptions extends PostgresStoreOptions {
  /**
   * How long an ingest, or a put that was killed, is kept after its last byte: milliseconds, 24 hours by default. What
   * is older, a writer of large blobs removes, once an hour.
   */
  readonly ingestLifetime?: number | undefined;
  /**
   * Makes the put of a blob of more than 1 MiB one transaction, where the client can do that. What a killed process
   * leaves is then gone at once, and not only when it is swept. In return a connection is held while the source is
   * read, which must not need that same connection, and the server cannot clean up behind it. Not needed for anything
   * else; an ingest never uses it.
   */
  readonly transaction?: PostgresTransaction | undefined;
}

/** A blob store that removes uploads which nobody goes on with. */
export interface PostgresBlobStore extends BlobStore {
  /**
   * Removes what puts and ingests left that nobody has written to for so long. What is being written right now stays.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_WRITE`.
   */
  sweepAbandoned(options: SweepAbandonedOptions): Promise<SweptUploads>;
}

/**
 * Tables of a Postgres database as a blob store: rows of 1 MiB, so that no blob is ever in memory as a whole, neither
 * here nor in the server.
 *
 * A blob appears by one statement, after every byte was checked; no session and no transaction is needed, so a pool, a
 * pooler or a driver over HTTP may use another connection each time. Many processes may use the tables at once. What
 * a killed process, or a killed server, left is invisible, and swept by age. Lost races and lost connections are tried
 * again; where nobody can tell what became of a statement, doing it again is harmless.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown.
 */
export function postgresBlobStore(options: PostgresBlobStoreOptions): PostgresBlobStore {
  checkOptions('postgresBlobStore', options, [...storeKeys, 'ingestLifetime', 'transaction']);
  const lifetime = checkCount('ingestLifetime', options.ingestLifetime, 24 * 60 * 60 * 1000);
  const { transaction } = options;
  const database = new Database(options);
  const tidy = hourlySweep(database, lifetime / 1000);
  const ingest = blobIngests(database);
  return {
    id: database.id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) => {
      signal?.throwIfAborted();
      await tidy(source.bytes?.length ?? source.size, signal);
      return putBlob(database, parseDigest(digest), source, { signal, transaction });
    },
    get: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = await find(database, parseDigest(digest), signal, `, ${placeAndText}`);
      return found === undefined ? undefined : storedBlob(database, digest, statOf(found).size, found);
    },
    stat: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = await find(database, parseDigest(digest), signal);
      return found === undefined ? undefined : statOf(found);
    },
    delete: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return remove(database, parseDigest(digest), signal);
    },
    list: ({ signal } = {}) => list(database, signal),
    ingest: async (id, operation = {}) => {
      operation.signal?.throwIfAborted();
      if (id === undefined) await tidy(undefined, operation.signal);
      return ingest(id, operation);
    },
    sweepAbandoned: (sweep) => sweepAbandoned(database, sweep),
  };
}

function about(action: 'read' | 'write', digest: Digest): Pick<Statement, 'action' | 'what' | 'digest'> {
  return { action, what: `blob ${digest}`, digest };
}

const statColumns = `digest, size::text AS size, floor(extract(epoch from modified) * 1000)::text AS modified`;

function statOf({ digest, size, modified }: Row): BlobStat {
  return { digest: digest as Digest, size: Number(size), modifiedAt: Number(modified) };
}

async function find(
  database: Database,
  digest: Digest,
  signal: AbortSignal | undefined,
  moreColumns: string = '',
): Promise<Row | undefined> {
  const { rows } = await database.run({
    ...about('read', digest),
    text: `SELECT ${statColumns}${moreColumns} FROM ${database.tables.blobs} WHERE digest = $1`,
    values: [digest],
    signal,
  });
  return rows[0];
}

/** What has more bytes than this is made invisible first, and its rows are removed bit by bit. */
const removedAtOnce = 256 * 1024 * 1024;

/** The rows go with it. Who reads them is told so. */
async function remove(database: Database, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
  const { blobs } = database.tables;
  const { rows, again } = await database.run({
    ...about('write', digest),
    text: `WITH gone AS (
        DELETE FROM ${blobs} WHERE digest = $1 AND size <= $2::bigint RETURNING id
      ), hidden AS (
        UPDATE ${blobs} SET digest = NULL, size = NULL, holder = NULL, modified = now()
        WHERE digest = $1 AND size > $2::bigint RETURNING id
      )
      SELECT id, 'gone' AS now FROM gone UNION ALL SELECT id, 'hidden' FROM hidden`,
    values: [digest, removedAtOnce],
    signal,
  });
  const [row] = rows;
  if (row?.now === 'hidden') await purge(database, String(row.id), signal);
  // An attempt whose answer was lost may have done it.
  return row !== undefined || again;
}

const pageRows = 1000;

async function* list(database: Database, signal: AbortSignal | undefined): AsyncGenerator<BlobStat, void, undefined> {
  for (let after = '', full = true; full;) {
    signal?.throwIfAborted();
    const { rows } = await database.run({
      action: 'read',
      what: 'list of blobs',
      text: `SELECT ${statColumns} FROM ${database.tables.blobs}
        WHERE digest > $1 ORDER BY digest LIMIT ${pageRows}`,
      values: [after],
      signal,
    });
    for (const row of rows) {
      signal?.throwIfAborted();
      yield statOf(row);
    }
    after = String(rows.at(-1)?.digest);
    full = rows.length === pageRows;
  }
}

const hour = 60 * 60 * 1000;

/** Sweeps before what may leave something behind, and never makes that fail. */
function hourlySweep(
  database: Database,
  olderThanSeconds: number,
): (size: number | undefined, signal: AbortSignal | undefined) => Promise<void> {
  let sweptAt = -Infinity;
  return async (size = Infinity, signal) => {
    if (size <= 1024 * 1024 || performance.now() - sweptAt < hour) return;
    sweptAt = performance.now();
    await sweepAbandoned(database, { olderThanSeconds, signal }, 1).catch(() => signal?.throwIfAborted());
  };
}
