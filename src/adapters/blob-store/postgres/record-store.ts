import { randomId } from '../../../bytes/random-id.ts';
import { checkOptions } from '../../../bytes/check-options.ts';
import type { ListedRecord, ListRecordsOptions, RecordStore, StoredRecord } from '../../../ports/record-store.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from '../../memory/record-key.ts';
import { bytesOfBase64 } from './base64.ts';
import type { PostgresStoreOptions } from './client.ts';
import { Database, storeKeys, type Statement } from './database.ts';

type Signal = AbortSignal | undefined;

/**
 * A table of a Postgres database as a record store. A change is one statement, so that compare-and-set is exact among
 * all processes; a version is random, so that a change whose answer was lost is known again when it is tried again.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown.
 */
export function postgresRecordStore(options: PostgresStoreOptions): RecordStore {
  checkOptions('postgresRecordStore', options, storeKeys);
  const database = new Database(options);
  return {
    get: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      return get(database, checkKey(key), signal);
    },
    put: async (key, value, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      checkKey(key);
      const own = new Uint8Array(checkValue(value));
      return ifVersion === null ? create(database, key, own, signal) : replace(database, key, own, ifVersion, signal);
    },
    delete: async (key, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      return remove(database, checkKey(key), ifVersion, signal);
    },
    list: (prefix, listing) => list(database, prefix, listing),
  };
}

function about(action: 'read' | 'write', key: string): Pick<Statement, 'action' | 'what'> {
  return { action, what: `record ${JSON.stringify(key)}` };
}

async function get(database: Database, key: string, signal: Signal): Promise<StoredRecord | undefined> {
  const { rows } = await database.run({
    ...about('read', key),
    text: `SELECT version, encode(value, 'base64') AS text FROM ${database.tables.records} WHERE key = $1`,
    values: [key],
    signal,
  });
  if (rows[0] === undefined) return undefined;
  return { value: bytesOfBase64(rows[0].text), version: String(rows[0].version) };
}

type Written = { readonly version: string } | 'conflict';

/** Where the record is there with our own version, a former attempt made it, and this one changes nothing. */
async function create(database: Database, key: string, value: Uint8Array, signal: Signal): Promise<Written> {
  const { records } = database.tables;
  return written(database, key, signal, {
    text: `INSERT INTO ${records} AS r (key, version, value) VALUES ($1, $2, $3::bytea)
      ON CONFLICT (key) DO UPDATE SET version = r.version WHERE r.version = $2 RETURNING version`,
    values: [value],
  });
}

async function replace(
  database: Database,
  key: string,
  value: Uint8Array,
  ifVersion: string,
  signal: Signal,
): Promise<Written> {
  return written(database, key, signal, {
    text: `UPDATE ${database.tables.records} SET version = $2, value = $3::bytea
      WHERE key = $1 AND version IN ($2, $4) RETURNING version`,
    values: [value, storable(ifVersion)],
  });
}

async function written(
  database: Database,
  key: string,
  signal: Signal,
  { text, values }: Pick<Statement, 'text' | 'values'>,
): Promise<Written> {
  const version = randomId();
  const { rows } = await database.run({ ...about('write', key), text, values: [key, version, ...values], signal });
  return rows.length > 0 ? { version } : 'conflict';
}

async function remove(
  database: Database,
  key: string,
  ifVersion: string,
  signal: Signal,
): Promise<boolean | 'conflict'> {
  const { records } = database.tables;
  const { rows, again } = await database.run({
    ...about('write', key),
    text: `WITH gone AS (DELETE FROM ${records} WHERE key = $1 AND version = $2 RETURNING version)
      SELECT version, 'gone' AS now FROM gone
      UNION ALL SELECT version, 'there' FROM ${records} WHERE key = $1 AND NOT EXISTS (SELECT FROM gone)`,
    values: [key, storable(ifVersion)],
    signal,
  });
  // An attempt whose answer was lost may have done it. And what had the right version a moment ago is gone by now.
  if (rows[0] === undefined) return again;
  if (rows[0].now === 'gone') return true;
  return rows[0].version === ifVersion ? false : 'conflict';
}

const pageRows = 1000;

async function* list(
  database: Database,
  prefix: string,
  { after = '', limit, signal }: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  let left = checkLimit(limit);
  checkPrefix(prefix);
  for (let last = storableStart(after), full = true; full && left > 0;) {
    signal?.throwIfAborted();
    const count = Math.min(pageRows, left);
    const { rows } = await database.run({
      ...about('read', prefix),
      // No character of a key comes after `~`.
      text: `SELECT key, version FROM ${database.tables.records}
        WHERE key > $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT ${count}`,
      values: [last, prefix, `${prefix}\x7f`],
      signal,
    });
    for (const { key, version } of rows) {
      signal?.throwIfAborted();
      yield { key: String(key), version: String(version) };
    }
    last = String(rows.at(-1)?.key);
    left -= rows.length;
    full = rows.length === count;
  }
}

/**
 * Postgres takes no zero in a text, and a database of another encoding than UTF-8 not every letter. No version has one,
 * and none is empty.
 */
function storable(version: string): string {
  return /^[ -~]*$/.test(version) ? version : '';
}

/** No key has such a character either: what comes after the first one decides nothing. */
function storableStart(after: string): string {
  const other = /[^ -~]/.exec(after);
  if (other === null) return after;
  return after.slice(0, other.index) + (other[0] > '~' ? '\x7f' : '');
}
