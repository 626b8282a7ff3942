import type { ListedRecord, ListRecordsOptions, RecordStore } from '../../../ports/record-store.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from '../../memory/record-key.ts';
import { S3Bucket } from './bucket.ts';
import { listObjects, type ListedObject } from './list-objects.ts';
import { checkS3Options, type S3StoreOptions } from './options.ts';
import { keyOfName, nameAfter, nameOfKey, nameOfPrefix } from './record-name.ts';
import { deletedSize, recordsFolder as folder } from './record-object.ts';
import { readRecord, Records } from './records.ts';
import type { SweepAbandonedOptions } from './sweep.ts';

/** A record store on S3, with what S3 needs besides. */
export interface S3RecordStore extends RecordStore {
  /**
   * Removes what records that were deleted so long ago left behind: an object of 33 bytes each, where deleting is
   * not atomic. There it must not run while somebody may create one of those records anew. Removes nothing where the
   * server would then refuse to make such a record again: versitygw, in a bucket with versions.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_WRITE`.
   */
  sweep(options: SweepAbandonedOptions): Promise<{ readonly removed: number }>;
}

/**
 * A bucket as a record store: one object under `records/` for each record, its version the ETag, changed by conditional
 * writes only, so that any number of processes may share it. The same bucket and prefix may hold blobs.
 *
 * Before it writes for the first time it tries whether the server keeps what `If-None-Match` and `If-Match` say, and
 * refuses to write where it does not. A record is deleted by a conditional write too, of a small object that is passed
 * over: not every server deletes by condition without gaps.
 *
 * What was seen: of 20 parallel writes with one condition versitygw 1.8 lets exactly one succeed. moto 5 looks at a
 * condition first and writes then: on a busy machine two succeeded, which no trial beforehand can tell. It is a server
 * for tests; do not share its records. Of a DELETE and a PUT at once, both with the ETag that is there, versitygw let
 * both succeed in 26 of 1,000 rounds, and twice the bytes that were written were gone. With `--sidecar` it changes bytes
 * and ETag one after the other and loses updates, which no trial can tell either: do not keep records there.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`. From its verbs StoreError `ERR_STORE_READ`, `ERR_STORE_WRITE`, and
 * UsageError `ERR_UNSUPPORTED` where the server has no conditional writes; IntegrityError for a value that was changed.
 */
export function s3RecordStore(options: S3StoreOptions): S3RecordStore {
  const bucket = new S3Bucket(checkS3Options(options));
  const records = new Records(bucket);
  return {
    get: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = await readRecord(bucket, nameOfKey(checkKey(key)), signal);
      return found?.content === undefined ? undefined : { value: found.content.value, version: found.version };
    },
    put: async (key, value, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      return records.put(checkKey(key), checkValue(value), ifVersion, signal);
    },
    delete: async (key, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      return records.delete(checkKey(key), ifVersion, signal);
    },
    list: (prefix, listing) => list(bucket, prefix, listing),
    sweep: async (sweeping) => (await import('./rarely.ts')).sweepRecords(bucket, sweeping),
  };
}

const action = { code: 'ERR_STORE_READ', what: 'listing records' } as const;

async function* list(
  bucket: S3Bucket,
  prefix: string,
  options: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  const { after, signal } = options;
  let left = checkLimit(options.limit);
  checkPrefix(prefix);
  if (after !== undefined) checkPrefix(after);
  const start = after === undefined ? {} : { after: folder + nameAfter(after) };
  // One more than is wanted costs nothing, and a page without what was deleted may be short.
  const pageSize = Math.min(1000, left + 10);
  const objects = listObjects(bucket, folder + nameOfPrefix(prefix), { ...start, action, signal, pageSize });
  if (left === 0) return;
  for await (const record of recordsOf(bucket, objects, signal)) {
    if (!record.key.startsWith(prefix) || (after !== undefined && record.key <= after)) continue;
    signal?.throwIfAborted();
    yield record;
    if (--left <= 0) return;
    signal?.throwIfAborted();
  }
}

/**
 * The records of objects, in the order of their keys. Those whose name was cut are read, and sorted; read are those, too,
 * that are listed without an ETag (s3s-fs 0.14).
 */
async function* recordsOf(
  bucket: S3Bucket,
  objects: AsyncIterable<ListedObject>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedRecord, void, undefined> {
  let group: string | undefined;
  let members: ListedRecord[] = [];
  for await (const { name, size, tag } of objects) {
    const key = size === deletedSize ? undefined : keyOfName(name.slice(folder.length));
    if (key === undefined) continue;
    if (typeof key === 'string' || key.group !== group) {
      yield* sorted(members);
      [members, group] = [[], undefined];
    }
    if (typeof key === 'string' && tag !== '') {
      yield { key, version: tag };
      continue;
    }
    const found = await readRecord(bucket, name.slice(folder.length), signal);
    if (typeof key === 'string') {
      if (found?.content !== undefined) yield { key, version: found.version };
      continue;
    }
    group = key.group;
    if (found?.content !== undefined) members.push({ key: found.content.key, version: found.version });
  }
  yield* sorted(members);
}

function sorted(records: readonly ListedRecord[]): ListedRecord[] {
  return [...records].sort((a, b) => (a.key < b.key ? -1 : 1));
}
