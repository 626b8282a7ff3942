import { checkOptions } from '../../../bytes/check-options.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import { digestOfName } from './blob-key.ts';
import type { S3Bucket } from './bucket.ts';
import { listObjects } from './list-objects.ts';
import { abortUpload } from './multipart.ts';
import { ingestsFolder } from './pieces.ts';
import { deletedSize, recordsFolder } from './record-object.ts';
import { removeObject } from './remove-object.ts';
import type { S3Action } from './s3-failure.ts';
import { childText, type XmlElement } from './xml.ts';

/** What is old enough to be swept. */
export interface SweepAbandonedOptions {
  /**
   * How long nobody has written to it, in seconds, by the clock of this machine: 86,400 for a day. It must be longer
   * than any upload takes, and than the grace of a garbage collection.
   */
  readonly olderThanSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a sweep removed. */
export interface SweptUploads {
  /** Uploads in parts that were never completed. */
  readonly uploads: number;
  /** Objects of ingests that were never committed. */
  readonly pieces: number;
  /** Marks of blobs that a writer found, which are that old. */
  readonly marks: number;
}

/** The time after which things stay. */
function sweepTime(what: string, options: SweepAbandonedOptions, now: number): number {
  checkOptions(what, options, ['olderThanSeconds', 'signal']);
  const { olderThanSeconds } = options;
  if (Number.isFinite(olderThanSeconds) && olderThanSeconds >= 0) return now - olderThanSeconds * 1000;
  throw new UsageError('ERR_INVALID_ARGUMENT', `olderThanSeconds is ${String(olderThanSeconds)}, expected 0 or more`, {
    argument: 'olderThanSeconds',
  });
}

const action: S3Action = { code: 'ERR_STORE_WRITE', what: 'sweeping uploads' };

/** Removes what cut uploads left behind. */
export async function sweepAbandoned(bucket: S3Bucket, options: SweepAbandonedOptions): Promise<SweptUploads> {
  const until = sweepTime('sweepAbandoned', options, bucket.settings.clock.now());
  const { signal } = options;
  signal?.throwIfAborted();
  const pieces = await sweepIngests(bucket, until, signal);
  const marks = await sweepMarks(bucket, until, signal);
  // At the end, as not every server can list them (s3rver 3.7, s3s-fs 0.14): that is an error, and the rest is gone.
  return { uploads: await abortUploads(bucket, until, signal), pieces, marks };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
async function abortUploads(bucket: S3Bucket, until: number, signal: AbortSignal | undefined): Promise<number> {
  const { prefix } = bucket.settings.address;
  const found = await abortUploadsUnder(bucket, { prefix, until, signal });
  if (found.listed > 0 || prefix === '') return found.aborted;
  // MinIO lists uploads under a whole key or under none, and says nothing of those below a prefix.
  const all = await abortUploadsUnder(bucket, { prefix: '', until, signal }).catch((error: unknown) => {
    if (error instanceof StoreError && error.details.status === 403) return found;
    throw error;
  });
  return all.aborted;
}

interface UploadsListed {
  readonly prefix: string;
  readonly until: number;
  readonly signal: AbortSignal | undefined;
}

async function abortUploadsUnder(
  bucket: S3Bucket,
  { prefix: asked, until, signal }: UploadsListed,
): Promise<{ readonly listed: number; readonly aborted: number }> {
  const { prefix } = bucket.settings.address;
  let markers: Record<string, string> | undefined = {};
  let [listed, aborted] = [0, 0];
  while (markers !== undefined) {
    const query = { uploads: '', prefix: asked, ...markers };
    const request = { method: 'GET', query, expect: [200], action, signal };
    const page: XmlElement = await bucket.document(request, 'ListMultipartUploadsResult');
    for (const upload of page.children) {
      const key = childText(upload, 'Key') ?? '';
      const id = childText(upload, 'UploadId') ?? '';
      const begun = Date.parse(childText(upload, 'Initiated') ?? '');
      // What others upload to the same bucket is not ours to end.
      const own = key.startsWith(prefix) && digestOfName(key.slice(prefix.length)) !== undefined;
      if (upload.name !== 'Upload' || id === '') continue;
      listed++;
      if (!own || !(begun <= until)) continue;
      await abortUpload(bucket, key, id, action, signal);
      aborted++;
    }
    markers = nextMarkers(page, markers);
  }
  return { listed, aborted };
}

function nextMarkers(page: XmlElement, last: Record<string, string>): Record<string, string> | undefined {
  const key = childText(page, 'NextKeyMarker') ?? '';
  const upload = childText(page, 'NextUploadIdMarker') ?? '';
  const more =
    childText(page, 'IsTruncated') === 'true' && (key !== last['key-marker'] || upload !== last['upload-id-marker']);
  return more && key !== '' ? { 'key-marker': key, 'upload-id-marker': upload } : undefined;
}

/** An ingest is as young as its youngest object. Its objects are next to each other in the list. */
async function sweepIngests(bucket: S3Bucket, until: number, signal: AbortSignal | undefined): Promise<number> {
  let count = 0;
  let folder = '';
  let names: string[] = [];
  let youngest = 0;
  const sweep = async (): Promise<void> => {
    if (youngest > until) return;
    for (const name of names) await removeObject(bucket, name, action, { signal });
    count += names.length;
  };
  for await (const { name, modifiedAt = Infinity } of listObjects(bucket, ingestsFolder, { action, signal })) {
    const own = name.slice(0, name.lastIndexOf('/') + 1);
    if (own !== folder) {
      await sweep();
      [folder, names, youngest] = [own, [], 0];
    }
    names.push(name);
    youngest = Math.max(youngest, modifiedAt);
  }
  await sweep();
  return count;
}

async function sweepMarks(bucket: S3Bucket, until: number, signal: AbortSignal | undefined): Promise<number> {
  let count = 0;
  for await (const { name, modifiedAt = Infinity } of listObjects(bucket, 'found/', { action, signal })) {
    if (modifiedAt > until) continue;
    await removeObject(bucket, name, action, { signal });
    count++;
  }
  return count;
}

/** Removes what deleted records left behind. */
export async function sweepRecords(
  bucket: S3Bucket,
  options: SweepAbandonedOptions,
): Promise<{ readonly removed: number }> {
  const until = sweepTime('sweep', options, bucket.settings.clock.now());
  const { signal } = options;
  signal?.throwIfAborted();
  const action: S3Action = { code: 'ERR_STORE_WRITE', what: 'sweeping records' };
  let removed = 0;
  for await (const { name, size, tag, modifiedAt = Infinity } of listObjects(bucket, recordsFolder, {
    action,
    signal,
  })) {
    if (size !== deletedSize || modifiedAt > until) continue;
    if (removed === 0 && !(await comesBack(bucket, action, signal))) break;
    await removeObject(bucket, name, action, { headers: { 'if-match': `"${tag}"` }, signal });
    removed++;
  }
  return { removed };
}

/**
 * True where what was deleted can be made again on the condition that it is not there. Versitygw 1.8 refuses that in a
 * bucket with versions: there, nobody could write a record again of which nothing is left.
 */
async function comesBack(bucket: S3Bucket, action: S3Action, signal: AbortSignal | undefined): Promise<boolean> {
  const name = 'conditions-deleted';
  const { recordHeaders: headers } = bucket.settings;
  const request = { method: 'PUT', key: bucket.keyOf(name), headers, body: new Uint8Array(), action, signal };
  await bucket.ask({ ...request, expect: [200] });
  await removeObject(bucket, name, action, { signal });
  const absent = { ...headers, 'if-none-match': '*' };
  const { status } = await bucket.ask({ ...request, headers: absent, expect: [200, 412] });
  if (status === 200) await removeObject(bucket, name, action, { signal });
  return status === 200;
}
