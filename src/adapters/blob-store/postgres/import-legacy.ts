import { checkObject, checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import { legacyImportKeys, type LegacyImportOptions, type LegacyImportReport } from '../shared/legacy-blob.ts';
import type { LegacyEntry } from '../shared/legacy-content.ts';
import { importLegacy } from '../shared/legacy-import.ts';
import type { PostgresClient } from './client.ts';
import { Database, type Row } from './database.ts';
import { decodedParts, type LegacyTable } from './legacy-row.ts';
import { checkName } from './tables.ts';

/** From where, and to where. */
export interface ImportLegacyBlobsOptions extends LegacyImportOptions {
  readonly client: PostgresClient;
  /** The schema of the table; `public` by default. */
  readonly schema?: string | undefined;
  /** The table; `script_package_blob_data` by default. */
  readonly table?: string | undefined;
  /** Starts behind this key: how an import goes on that was interrupted. Keys come in the order of the database. */
  readonly after?: string | undefined;
}

/** What `importLegacyBlobs` does. */
export async function importRows(options: ImportLegacyBlobsOptions): Promise<LegacyImportReport> {
  const known = ['client', 'schema', 'table', 'after', ...legacyImportKeys, ...operationKeys];
  checkOptions('importLegacyBlobs', options, known);
  checkObject('blobs', options.blobs);
  const { client, schema = 'public', table = 'script_package_blob_data', after } = options;
  const database = new Database({ client, schema });
  const from: LegacyTable = { database, name: `"${schema}"."${checkName('table', table, 63)}"` };
  // One at a time, so that whoever goes on behind a key leaves none out.
  return importLegacy({ name: table, concurrency: 1, entries: (signal) => rowsOf(from, after, signal) }, options);
}

const pageRows = 100;

async function* rowsOf(
  table: LegacyTable,
  start: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<LegacyEntry> {
  for (let after = start, full = true; full;) {
    const rows = await pageOf(table, after, signal);
    for (const row of rows) {
      const integrity = String(row.integrity);
      yield { integrity, size: Number(row.size), chunks: (own) => decodedParts(table, integrity, own) };
    }
    after = String(rows.at(-1)?.integrity);
    full = rows.length === pageRows;
  }
}

async function pageOf(
  { database, name }: LegacyTable,
  after: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Row[]> {
  const { rows } = await database.runRaw({
    action: 'read',
    what: `table ${name}`,
    text: `SELECT integrity, size_bytes::text AS size FROM ${name}
        ${after === undefined ? '' : 'WHERE integrity > $1'} ORDER BY integrity LIMIT ${pageRows}`,
    values: after === undefined ? [] : [after],
    signal,
  });
  return rows;
}
