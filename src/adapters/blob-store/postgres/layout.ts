import { StoreError } from '../../../errors.ts';
import type { Answer, Statement } from './database.ts';
import { tableNames, type Tables } from './tables.ts';

/** One step of a layout: statements that bring tables from the version before to this one. */
export interface PostgresMigration {
  readonly version: number;
  readonly statements: readonly string[];
}

/** Every migration of the tables, oldest first. */
export function migrationsOf({ prefix, blobs, chunks, records, layout }: Tables): readonly PostgresMigration[] {
  return [
    {
      version: 1,
      statements: [
        // One row per upload, which is a blob from the moment that it has a digest.
        `CREATE TABLE ${blobs} (
          id text COLLATE "C" PRIMARY KEY,
          digest text COLLATE "C" UNIQUE,
          size bigint,
          holder text COLLATE "C",
          modified timestamptz NOT NULL DEFAULT now()
        )`,
        `CREATE INDEX "${prefix}blobs_open" ON ${blobs} (id) WHERE digest IS NULL`,
        // 1 MiB each, the last one less.
        `CREATE TABLE ${chunks} (
          upload text COLLATE "C" NOT NULL REFERENCES ${blobs} (id) ON DELETE CASCADE,
          part integer NOT NULL,
          bytes bytea NOT NULL,
          PRIMARY KEY (upload, part)
        )`,
        // What is stored is compressed already; and a part of it can be read without the rest.
        `ALTER TABLE ${chunks} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
        `CREATE TABLE ${records} (
          key text COLLATE "C" PRIMARY KEY,
          version text COLLATE "C" NOT NULL,
          value bytea NOT NULL
        )`,
        `CREATE TABLE ${layout} (version integer PRIMARY KEY)`,
        `INSERT INTO ${layout} (version) VALUES (1)`,
      ],
    },
    {
      version: 2,
      statements: [
        // What fits in one row is in that of the blob: one table and two indexes less to write. What is there stays.
        `ALTER TABLE ${blobs} ADD COLUMN bytes bytea`,
        `ALTER TABLE ${blobs} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
        `INSERT INTO ${layout} (version) VALUES (2)`,
      ],
    },
  ];
}

const columns: ReadonlySet<string> = new Set([
  'blobs.id text C',
  'blobs.digest text C',
  'blobs.size bigint ',
  'blobs.holder text C',
  'blobs.modified timestamp with time zone ',
  'blobs.bytes bytea ',
  'chunks.upload text C',
  'chunks.part integer ',
  'chunks.bytes bytea ',
  'records.key text C',
  'records.version text C',
  'records.value bytea ',
  'layout.version integer ',
]);

/** The part of a database that is needed to look after its tables. */
interface LayoutDatabase {
  readonly id: string;
  readonly tables: Tables;
  runRaw(statement: Statement): Promise<Answer>;
}

/**
 * Sees to it that the tables are those of this version.
 *
 * @throws StoreError `ERR_STORE_READ` where they have another layout, or are missing and may not be made.
 */
export async function prepareLayout(database: LayoutDatabase, migrate: boolean): Promise<void> {
  if (await isCurrent(database)) return;
  if (!migrate) throw failure(database, 'are not there, or of an earlier version', 'call migratePostgresStore');
  const failed = await database
    .runRaw({ action: 'write', what: nameOf(database), text: migration(database.tables), values: [] })
    .then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  // Whose transactions are serializable sees, after a wait for another who made them, what was there before.
  if (!(await isCurrent(database))) throw failed ?? failure(database, 'could not be made');
}

async function isCurrent(database: LayoutDatabase): Promise<boolean> {
  const found = await columnsFound(database);
  if (found.length === 0) return false;
  const version = found.includes('layout.version integer ') ? await versionFound(database) : undefined;
  const { version: newest = 0 } = migrationsOf(database.tables).at(-1) ?? {};
  if (version !== undefined && version > newest) {
    throw failure(database, `have layout ${version}, this version of packwright knows ${newest}`, 'update packwright');
  }
  if (version === newest && found.length === columns.size && found.every((column) => columns.has(column))) return true;
  if (version !== undefined && version < newest) return false;
  throw failure(database, 'have another layout than this version of packwright makes', 'use another schema or prefix');
}

async function columnsFound(database: LayoutDatabase): Promise<string[]> {
  const { schema, prefix } = database.tables;
  const { rows } = await database.runRaw({
    action: 'read',
    what: nameOf(database),
    text: `SELECT c.relname::text AS "table", a.attname::text AS "column", replace(format_type(a.atttypid, a.atttypmod), '"', '') AS type,
        coalesce((SELECT l.collname::text FROM pg_collation l WHERE l.oid = a.attcollation), '') AS collation
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = $1 AND c.relname IN ($2, $3, $4, $5) AND a.attnum > 0 AND NOT a.attisdropped`,
    values: [schema, ...tableNames.map((name) => prefix + name)],
  });
  return rows.map(
    ({ table, column, type, collation }) =>
      `${String(table).slice(prefix.length)}.${String(column)} ${String(type)} ${String(collation)}`,
  );
}

async function versionFound(database: LayoutDatabase): Promise<number | undefined> {
  const { rows } = await database.runRaw({
    action: 'read',
    what: nameOf(database),
    text: `SELECT max(version)::text AS version FROM ${database.tables.layout}`,
    values: [],
  });
  const version = rows[0]?.version;
  return version === null || version === undefined ? undefined : Number(version);
}

/**
 * All that is missing, as one statement that happens as a whole or not at all, also where each statement goes over
 * another connection. A lock on the database makes those wait who start at the same time.
 */
function migration(tables: Tables): string {
  const steps = migrationsOf(tables).map(
    ({ version, statements }) => `IF found < ${version} THEN
      ${statements.join(';\n')};
    END IF;`,
  );
  return `DO $packwright$
    DECLARE found integer := 0;
    BEGIN
      PERFORM pg_advisory_xact_lock(1885430647, 1);
      IF to_regnamespace('"${tables.schema}"') IS NULL THEN
        CREATE SCHEMA "${tables.schema}";
      END IF;
      IF to_regclass('${tables.layout}') IS NOT NULL THEN
        SELECT coalesce(max(version), 0) INTO found FROM ${tables.layout};
      END IF;
      ${steps.join('\n')}
    END
  $packwright$`;
}

/** What the tables are called in an error. */
export function nameOf({ tables }: Pick<LayoutDatabase, 'tables'>): string {
  return `tables ${tables.schema}.${tables.prefix}*`;
}

function failure(database: LayoutDatabase, what: string, hint?: string): StoreError {
  return new StoreError('ERR_STORE_READ', `${nameOf(database)} ${what}`, { store: database.id, hint });
}
