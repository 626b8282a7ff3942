import { StoreError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';

/** Each lost round means that another writer won one; so many in a row mean that something else is wrong. */
const maxRounds = 100;

/** Changes a record by compare-and-set, again and again until nobody was in between. What `next` throws ends it. */
export async function changeRecord(
  records: RecordStore,
  key: string,
  next: (current: Uint8Array | undefined) => Uint8Array,
  options: OperationOptions,
): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const current = await records.get(key, options);
    const value = next(current?.value);
    if (current !== undefined && sameBytes(current.value, value)) return;
    const written = await records.put(key, value, { ...options, ifVersion: current?.version ?? null });
    if (written !== 'conflict') return;
  }
  throw contended(key);
}

/** A record that was written. */
export interface RenewedRecord {
  /** Removes it where it was not there before, and nobody has written it since. */
  takeBack(): Promise<void>;
}

/** Writes a record, also where it is there with the same value: who wrote it before can tell then that somebody relies on it. */
export async function renewRecord(
  records: RecordStore,
  key: string,
  value: Uint8Array,
  options: OperationOptions,
): Promise<RenewedRecord> {
  for (let round = 0; round < maxRounds; round++) {
    const current = await records.get(key, options);
    const written = await records.put(key, value, { ...options, ifVersion: current?.version ?? null });
    if (written === 'conflict') continue;
    const takeBack = async (): Promise<void> => {
      if (current === undefined) await records.delete(key, { ifVersion: written.version });
    };
    return { takeBack };
  }
  throw contended(key);
}

/** Makes a record, whose value never changes, where there is none. */
export async function createRecord(
  records: RecordStore,
  key: string,
  value: Uint8Array,
  options: OperationOptions,
): Promise<void> {
  await records.put(key, value, { ...options, ifVersion: null });
}

/** Removes a record, if `where` says so of its value. False when there was none. */
export async function dropRecord(
  records: RecordStore,
  key: string,
  where: ((value: Uint8Array) => boolean) | undefined,
  options: OperationOptions,
): Promise<boolean> {
  for (let round = 0; round < maxRounds; round++) {
    const current = await records.get(key, options);
    if (current === undefined || where?.(current.value) === false) return false;
    const dropped = await records.delete(key, { ...options, ifVersion: current.version });
    if (dropped !== 'conflict') return dropped;
  }
  throw contended(key);
}

function contended(key: string): StoreError {
  return new StoreError('ERR_CONFLICT', `record ${JSON.stringify(key)} is changed by too many writers at once`, {
    retryable: true,
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
