/**
 * Blobs and records in a Postgres database.
 *
 * @module
 */
import { checkOptions } from '../../bytes/check-options.ts';
import type { PostgresStoreOptions } from './postgres/client.ts';
import { Database, storeKeys } from './postgres/database.ts';
import type { ImportLegacyBlobsOptions } from './postgres/import-legacy.ts';
import { migrationsOf, type PostgresMigration } from './postgres/layout.ts';
import { tablesIn } from './postgres/tables.ts';
import type { LegacyImportReport } from './shared/legacy-blob.ts';

export type { PostgresClient, PostgresStoreOptions, PostgresTransaction } from './postgres/client.ts';
export { postgresBlobStore, type PostgresBlobStore, type PostgresBlobStoreOptions } from './postgres/blob-store.ts';
export type { SweepAbandonedOptions, SweptUploads } from './postgres/sweep.ts';
export { postgresRecordStore } from './postgres/record-store.ts';
export type { PostgresMigration } from './postgres/layout.ts';
export type { ImportLegacyBlobsOptions } from './postgres/import-legacy.ts';
export type { LegacyBlob, LegacyImportOptions, LegacyImportReport, LegacyManifestEntry } from './shared/legacy-blob.ts';

/**
 * Makes the tables of a store, or brings them to the layout of this version, as one statement: as a whole or not at
 * all. Any number of processes may do so at the same time.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_READ` where tables of these names have a layout that
 * no version of packwright before this one made, `ERR_STORE_WRITE` where they cannot be made.
 */
export async function migratePostgresStore(
  options: PostgresStoreOptions & { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  checkOptions('migratePostgresStore', options, [...storeKeys, 'signal']);
  await new Database(options).ready(options.signal, true);
}

/**
 * The statements that make the tables of a store, for a tool of your own, oldest version first. All of a version belong
 * in one transaction. The schema must be there.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a schema or prefix that is no name.
 */
export function postgresStoreMigrations(
  options: Pick<PostgresStoreOptions, 'schema' | 'prefix'> = {},
): readonly PostgresMigration[] {
  checkOptions('postgresStoreMigrations', options, ['schema', 'prefix']);
  return migrationsOf(tablesIn(options.schema, options.prefix));
}

/**
 * Copies the blobs of a table of base64 texts, `(integrity, data, size_bytes)`, into a store, each under the digest of
 * its bytes: the old key is not believed, and is given to `onBlob`. The table is only read, a part of a row at a time.
 *
 * Doing it again is harmless, and quick with `known`. A row that cannot be decoded is in the report; errors of the table
 * and of the store end the import.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_READ` where there is no such table; what the store
 * throws.
 */
export async function importLegacyBlobs(options: ImportLegacyBlobsOptions): Promise<LegacyImportReport> {
  // Needed once, if ever.
  const { importRows } = await import('./postgres/import-legacy.ts');
  return importRows(options);
}
