import { checkOptions } from '../../../bytes/check-options.ts';
import type { ListedRecord, ListRecordsOptions, RecordStore } from '../../../ports/record-store.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from '../../memory/record-key.ts';
import { randomId } from '../../../bytes/random-id.ts';
import { answerOf, Database, storeKeys, type IndexedDbStoreOptions, type Transaction } from './database.ts';

const both = ['records', 'values'] as const;

/**
 * The IndexedDB of a browser as a record store. A change is one transaction, so any number of pages and workers may
 * make changes at once. It may share the database with `indexedDbBlobStore`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function indexedDbRecordStore(options: IndexedDbStoreOptions = {}): RecordStore {
  checkOptions('indexedDbRecordStore', options, storeKeys);
  const database = new Database(options);
  return {
    get: async (key, { signal } = {}) => {
      const facts = { action: 'read', what: nameOf(checkKey(key)) } as const;
      return database.run(facts, { stores: both, mode: 'readonly', signal }, async (running) => {
        const version = await versionOf(running, key);
        if (version === undefined) return undefined;
        return { value: (await answerOf(running.objectStore('values').get(key))) as Uint8Array, version };
      });
    },
    put: async (key, value, { ifVersion, signal }) => {
      const facts = { action: 'write', what: nameOf(checkKey(key)) } as const;
      // A view would be stored with all of its memory.
      const bytes = new Uint8Array(checkValue(value));
      return database.run(facts, changing(signal), async (running) => {
        if (((await versionOf(running, key)) ?? null) !== ifVersion) return 'conflict';
        const version = randomId();
        await answerOf(running.objectStore('records').put({ key, version }, key));
        await answerOf(running.objectStore('values').put(bytes, key));
        return { version };
      });
    },
    delete: async (key, { ifVersion, signal }) => {
      const facts = { action: 'write', what: nameOf(checkKey(key)) } as const;
      return database.run(facts, changing(signal), async (running) => {
        const version = await versionOf(running, key);
        if (version === undefined) return false;
        if (version !== ifVersion) return 'conflict';
        for (const name of both) await answerOf(running.objectStore(name).delete(key));
        return true;
      });
    },
    list: (prefix, listing) => list(database, prefix, listing),
  };
}

function nameOf(key: string): string {
  return `record ${JSON.stringify(key)}`;
}

function changing(signal: AbortSignal | undefined): Transaction {
  return { stores: both, mode: 'readwrite', decisive: true, signal };
}

async function versionOf(running: IDBTransaction, key: string): Promise<string | undefined> {
  return ((await answerOf(running.objectStore('records').get(key))) as ListedRecord | undefined)?.version;
}

const pageRecords = 1000;

/** Keys are ASCII, and strings are in the order of their code units: that of their bytes. */
async function* list(
  database: Database,
  prefix: string,
  { after = '', limit, signal }: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  let left = checkLimit(limit);
  checkPrefix(prefix);
  // No character of a key comes after `~`.
  const end = `${prefix}\x7f`;
  for (let last = after, full = true; full && left > 0 && last < end;) {
    const count = Math.min(pageRecords, left);
    const from = last < prefix ? prefix : last;
    const range = IDBKeyRange.bound(from, end, from === last, true);
    const transaction = { stores: ['records'], mode: 'readonly', signal } as const;
    const page = await database.run({ action: 'read', what: 'list of records' }, transaction, async (running) => {
      return (await answerOf(running.objectStore('records').getAll(range, count))) as ListedRecord[];
    });
    for (const { key, version } of page) {
      signal?.throwIfAborted();
      yield { key, version };
    }
    last = page.at(-1)?.key ?? last;
    left -= page.length;
    full = page.length === count;
  }
}
