/**
 * Blobs and records in a Postgres database.
 *
 * @module
 */
import { checkOptions } from '../../bytes/check-options.ts';
import type { PostgresStoreOptions } from './postgres/client.ts';
import { Database, storeKeys } from './postgres/database.ts';
import { migrationsOf, type PostgresMigration } from './postgres/layout.ts';
import { tablesIn } from './postgres/tables.ts';

export type { PostgresClient, PostgresStoreOptions, PostgresTransaction } from './postgres/client.ts';
export { postgresBlobStore, type PostgresBlobStore, type PostgresBlobStoreOptions } from './postgres/blob-store.ts';
export type { SweepAbandonedOptions, SweptUploads } from './postgres/sweep.ts';
export { postgresRecordStore } from './postgres/record-store.ts';
export type { PostgresMigration } from './postgres/layout.ts';
export {
  importLegacyBlobs,
  type ImportLegacyBlobsOptions,
  type LegacyBlob,
  type LegacyImportReport,
} from './postgres/import-legacy.ts';

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
