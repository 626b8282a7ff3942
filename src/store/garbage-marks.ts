import { isDigest, type Digest } from '../digest/digest.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readJsonRecord, unreadableRecord, writeJsonRecord } from './json-record.ts';

const prefix = 'gc/';

/** Since when a blob is known to be named by nothing. */
export interface GarbageMark {
  readonly key: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Until when a sweep may be deleting the blob; 0 where none is. Milliseconds since 1970. */
  readonly deletingUntil: number;
}

/** The key of the mark of a blob. */
function markKey(digest: Digest): string {
  return `${prefix}${digest}`;
}

/** The mark of a blob, where it has one. */
export async function readMark(
  records: RecordStore,
  digest: Digest,
  options: OperationOptions,
): Promise<GarbageMark | undefined> {
  const key = markKey(digest);
  const record = await readJsonRecord(records, key, options);
  if (record === undefined) return undefined;
  const { since, deletingUntil } = record.value;
  if (typeof since !== 'number' || typeof deletingUntil !== 'number') throw unreadableRecord(key);
  return { key, version: record.version, since, deletingUntil };
}

/** Writes the mark of a blob that has the one given; undefined where somebody was faster. */
export async function writeMark(
  records: RecordStore,
  digest: Digest,
  times: { readonly since: number; readonly deletingUntil: number },
  before: GarbageMark | undefined,
  options: OperationOptions,
): Promise<GarbageMark | undefined> {
  const key = markKey(digest);
  const { since, deletingUntil } = times;
  const version = await writeJsonRecord(records, key, { since, deletingUntil }, before?.version ?? null, options);
  return version === undefined ? undefined : { key, version, since, deletingUntil };
}

/** Removes a mark that nobody has changed. */
export async function removeMark(records: RecordStore, mark: GarbageMark, options: OperationOptions): Promise<void> {
  await records.delete(mark.key, { ...options, ifVersion: mark.version });
}

/** The blobs that have a mark. */
export async function markedDigests(records: RecordStore, options: OperationOptions): Promise<Set<Digest>> {
  const marked = new Set<Digest>();
  for await (const { key } of records.list(prefix, options)) {
    const digest = key.slice(prefix.length);
    if (isDigest(digest)) marked.add(digest);
  }
  return marked;
}
