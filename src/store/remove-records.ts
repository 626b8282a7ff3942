import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';

/** Removes the records under a prefix, those excepted that somebody changes meanwhile. */
export async function removeRecords(records: RecordStore, prefix: string, options: OperationOptions): Promise<void> {
  for await (const { key, version } of records.list(prefix, options)) {
    await records.delete(key, { ...options, ifVersion: version });
  }
}
