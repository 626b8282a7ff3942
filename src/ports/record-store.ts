import type { OperationOptions } from './operation.ts';

/**
 * Small facts that change: one record per fact, each with a version, changed by compare-and-set only.
 *
 * Keys are 1 to 1,024 bytes of printable ASCII in segments separated by `/`, none of them empty, `.` or `..`.
 * Values are at most 1 MiB. Listing is in bytewise order of the keys.
 */
export interface RecordStore {
  /** A record with the version that a change of it must name. */
  get(key: string, options?: OperationOptions): Promise<StoredRecord | undefined>;
  /** Writes when the record still has the version given; null means that it must not exist. */
  put(key: string, value: Uint8Array, options: PutRecordOptions): Promise<{ readonly version: string } | 'conflict'>;
  /** False when there is no such record, `conflict` when it has another version. */
  delete(key: string, options: DeleteRecordOptions): Promise<boolean | 'conflict'>;
  /** Records whose key starts with the prefix, and comes after `after`. */
  list(prefix: string, options?: ListRecordsOptions): AsyncIterable<ListedRecord>;
}

/** A record: its bytes, and the version to pass when it is changed. */
export interface StoredRecord {
  readonly value: Uint8Array;
  readonly version: string;
}

/** A record in a listing. */
export interface ListedRecord {
  readonly key: string;
  readonly version: string;
}

export interface PutRecordOptions extends OperationOptions {
  /** The version to replace; null where the record must not exist. */
  readonly ifVersion: string | null;
}

export interface DeleteRecordOptions extends OperationOptions {
  readonly ifVersion: string;
}

export interface ListRecordsOptions extends OperationOptions {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}
