import { canonicalJson } from '../bytes/canonical-json.ts';
import { parseJson, type JsonValue } from '../bytes/json.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';

/** A record whose value is an object in JSON. */
export interface JsonRecord {
  readonly value: { readonly [name: string]: JsonValue | undefined };
  readonly version: string;
}

/** The largest value that a record may have; see `RecordStore`. */
const maxBytes = 1024 * 1024;

/**
 * Reads a record. undefined where there is none.
 *
 * @throws StoreError `ERR_STORE_READ` for bytes that are no object in JSON.
 */
export async function readJsonRecord(
  records: RecordStore,
  key: string,
  options: OperationOptions,
): Promise<JsonRecord | undefined> {
  const record = await records.get(key, options);
  if (record === undefined) return undefined;
  return { value: parseObject(key, record.value), version: record.version };
}

function parseObject(key: string, bytes: Uint8Array): JsonRecord['value'] {
  let value: JsonValue;
  try {
    value = parseJson(bytes, { maxBytes });
  } catch (cause) {
    throw unreadableRecord(key, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadableRecord(key);
  return value as JsonRecord['value'];
}

/** Writes a record that has the version given; null where it must not exist. The new version, undefined on a conflict. */
export async function writeJsonRecord(
  records: RecordStore,
  key: string,
  value: { readonly [name: string]: JsonValue },
  ifVersion: string | null,
  options: OperationOptions,
): Promise<string | undefined> {
  const written = await records.put(key, canonicalJson(value), { ...options, ifVersion });
  return written === 'conflict' ? undefined : written.version;
}

/** The error of a record that nobody of us wrote. */
export function unreadableRecord(key: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_READ', `record ${JSON.stringify(key)} is not what a store of packwright writes`, {
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * A name that becomes one segment of a key.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkSegment(argument: string, name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(name)) return name;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `${argument} ${JSON.stringify(name.slice(0, 120))} is not 1 to 100 letters, digits, "-", "_" or "."`,
    { argument },
  );
}
