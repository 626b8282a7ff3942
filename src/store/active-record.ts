import { StoreError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readJsonRecord, unreadableRecord, writeJsonRecord } from './json-record.ts';

/** The record that says by which store a set of blobs is kept. */
function activeKey(id: string): string {
  return `stores/${id}`;
}

/** The name of the store that keeps the blobs now; undefined where nobody has said so yet. */
export async function readActive(
  records: RecordStore,
  id: string,
  options: OperationOptions,
): Promise<string | undefined> {
  return (await readActiveRecord(records, id, options))?.name;
}

async function readActiveRecord(
  records: RecordStore,
  id: string,
  options: OperationOptions,
): Promise<{ readonly name: string; readonly version: string } | undefined> {
  const record = await readJsonRecord(records, activeKey(id), options);
  if (record === undefined) return undefined;
  const { active } = record.value;
  if (typeof active !== 'string') throw unreadableRecord(activeKey(id));
  return { name: active, version: record.version };
}

/**
 * Makes another store the active one, by one compare-and-set. False where it was already.
 *
 * @throws StoreError `ERR_CONFLICT` where neither of the two is active.
 */
export async function flipActive(
  records: RecordStore,
  id: string,
  names: { readonly from: string; readonly to: string },
  options: OperationOptions,
): Promise<boolean> {
  for (;;) {
    const current = await readActiveRecord(records, id, options);
    if (current?.name === names.to) return false;
    if (current !== undefined && current.name !== names.from) throw otherActive(id, names.from, current.name);
    const value = { active: names.to };
    const written = await writeJsonRecord(records, activeKey(id), value, current?.version ?? null, options);
    if (written !== undefined) return true;
  }
}

function otherActive(id: string, expected: string, actual: string): StoreError {
  return new StoreError('ERR_CONFLICT', `store ${JSON.stringify(actual)} is active for ${id}, expected ${expected}`, {
    hint: 'migrate from the store that is active',
    details: { expected, actual },
  });
}
