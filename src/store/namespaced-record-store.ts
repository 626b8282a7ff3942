import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { RecordStore } from '../ports/record-store.ts';

/** Which part of a record store is seen. */
export interface NamespacedRecordStoreOptions {
  readonly records: RecordStore;
  /** The first segments of every key, without a `/` at the end: `tenants/a`. */
  readonly prefix: string;
}

/**
 * The records of one tenant of a record store: what lies outside its prefix can be neither read nor changed. Keys are
 * shorter by the prefix. Blobs need no such thing: a blob store of S3 or Postgres takes a prefix itself, and so its
 * garbage collection sees only its own.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a prefix that is no part of a key.
 */
export function namespacedRecordStore(options: NamespacedRecordStoreOptions): RecordStore {
  checkOptions('namespacedRecordStore', options, ['records', 'prefix']);
  const { records, prefix } = options;
  const segments = prefix.split('/');
  if (!/^[\x20-\x7e]{1,512}$/.test(prefix) || segments.some((text) => text === '' || text === '.' || text === '..')) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `prefix ${JSON.stringify(prefix)} is not the beginning of a key`, {
      argument: 'prefix',
    });
  }
  const full = (key: string): string => `${prefix}/${key}`;
  return {
    get: (key, operation) => records.get(full(key), operation),
    put: (key, value, operation) => records.put(full(key), value, operation),
    delete: (key, operation) => records.delete(full(key), operation),
    list: async function* (start, { after, ...operation } = {}) {
      const from = after === undefined ? {} : { after: full(after) };
      for await (const { key, version } of records.list(full(start), { ...operation, ...from })) {
        yield { key: key.slice(prefix.length + 1), version };
      }
    },
  };
}
