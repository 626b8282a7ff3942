import { compareBytewise } from '../../bytes/encoding.ts';
import type { ListedRecord, ListRecordsOptions, RecordStore, StoredRecord } from '../../ports/record-store.ts';
import { MemoryQuota, type MemoryStoreOptions } from './memory-quota.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from './record-key.ts';

/**
 * Records in memory. Values are copied on their way in and out. `maxBytes` counts keys and values.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function memoryRecordStore(options: MemoryStoreOptions = {}): RecordStore {
  const records = new Map<string, StoredRecord>();
  const quota = new MemoryQuota('memory', options);
  let versions = 0;
  return {
    get: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = records.get(checkKey(key));
      return Promise.resolve(found === undefined ? undefined : { ...found, value: found.value.slice() });
    },
    put: async (key, value, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      const found = records.get(checkKey(key));
      checkValue(value);
      if ((found?.version ?? null) !== ifVersion) return Promise.resolve('conflict');
      quota.take(value.length - (found?.value.length ?? -key.length));
      const version = String(++versions);
      records.set(key, { value: new Uint8Array(value), version });
      return { version };
    },
    delete: async (key, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      const found = records.get(checkKey(key));
      if (found === undefined) return Promise.resolve(false);
      if (found.version !== ifVersion) return 'conflict';
      quota.give(found.value.length + key.length);
      return records.delete(key);
    },
    list: (prefix, listing) => list(records, prefix, listing),
  };
}

async function* list(
  records: ReadonlyMap<string, StoredRecord>,
  prefix: string,
  options: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  const { after, signal } = options;
  let left = checkLimit(options.limit);
  checkPrefix(prefix);
  const keys = [...records.keys()].filter((key) => key.startsWith(prefix) && (after === undefined || key > after));
  for (const key of keys.sort(compareBytewise)) {
    signal?.throwIfAborted();
    const found = records.get(key);
    if (found === undefined) continue;
    if (left-- <= 0) return;
    yield { key, version: found.version };
  }
}
