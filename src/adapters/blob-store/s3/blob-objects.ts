import type { Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import { isHtml } from '../../../http/answer-head.ts';
import { parseRange } from '../../../http/range.ts';
import type { BlobStat } from '../../../ports/blob-store.ts';
import { nameOfBlob, nameOfMark } from './blob-key.ts';
import type { S3Bucket } from './bucket.ts';
import type { S3Action } from './s3-failure.ts';

export function reading(digest: Digest): S3Action {
  return { code: 'ERR_STORE_READ', what: `reading blob ${digest}`, digest };
}

export function writing(digest: Digest): S3Action {
  return { code: 'ERR_STORE_WRITE', what: `writing blob ${digest}`, digest };
}

/** A blob as the head of its object shows it. */
export interface FoundBlob {
  readonly size: number;
  readonly modifiedAt: number | undefined;
  /** The bytes that it begins with, as many as were asked for; unchecked. */
  readonly first: Uint8Array<ArrayBuffer>;
}

/** A question about a blob. */
export interface FindOptions {
  readonly action: S3Action;
  readonly signal: AbortSignal | undefined;
  /** Bytes that are wanted at once; 1 by default. */
  readonly firstBytes?: number;
}

/**
 * Asks for a blob. Not with HEAD, whose answers do not say why: a bucket that is not there, a key that nobody knows
 * (versitygw 1.8) and an object that is missing are all 404. The first byte costs no more, and an error has its code.
 */
export async function findBlob(
  bucket: S3Bucket,
  digest: Digest,
  { action, signal, firstBytes = 1 }: FindOptions,
): Promise<FoundBlob | undefined> {
  const request = { key: bucket.keyOf(nameOfBlob(digest)), action, signal };
  const range = `bytes=0-${firstBytes - 1}`;
  const first = { method: 'GET', headers: { range }, expect: [200, 206, 416], peek: true };
  const answer = await bucket.ask({ ...request, ...first, missing: 'NoSuchKey' });
  if (answer.status === 404) return undefined;
  // Where there is no byte, there is no first one: 416, or a range of nothing (S3Mock 4.7 of Adobe).
  const empty = answer.status === 416 || (answer.status === 206 && answer.bytes.length === 0);
  const { status, headers } = empty ? await bucket.ask({ ...request, method: 'HEAD', expect: [200] }) : answer;
  const length = status === 206 ? parseRange(headers).total : Number(headers.get('content-length') ?? NaN);
  // Whatever answers 200 to everything, a login page for example, must not be taken for a blob that is there.
  if (length === undefined || !Number.isSafeInteger(length) || !headers.has('etag') || isHtml(headers)) {
    throw notS3(bucket, digest, action);
  }
  return { size: length, modifiedAt: timeOf(headers), first: status === 206 ? answer.bytes : new Uint8Array() };
}

function notS3(bucket: S3Bucket, digest: Digest, action: S3Action): StoreError {
  const { bucket: name, host, id } = bucket.settings.address;
  return new StoreError(action.code, `${action.what} in bucket ${name} failed: ${host} does not answer as S3`, {
    store: id,
    digest,
    hint: 'check the endpoint: a proxy, a login page or the console of the server may stand there; in a browser the bucket must expose ETag and Content-Range by CORS',
  });
}

/** When a blob was written or last found: the later one of the times of two objects. */
export async function statBlob(
  bucket: S3Bucket,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<BlobStat | undefined> {
  const action = reading(digest);
  const [found, mark] = await Promise.all([
    findBlob(bucket, digest, { action, signal }),
    bucket.ask({ method: 'HEAD', key: bucket.keyOf(nameOfMark(digest)), expect: [200, 404], action, signal }).catch(
      // What is wrong is said once, by the request for the blob.
      () => undefined,
    ),
  ]);
  if (found === undefined) return undefined;
  const marked = mark?.status === 200 ? timeOf(mark.headers) : undefined;
  const modifiedAt = Math.max(found.modifiedAt ?? 0, marked ?? 0);
  return { digest, size: found.size, ...(modifiedAt > 0 && { modifiedAt }) };
}

const timeHeader = 'x-amz-meta-time';

/** A time of S3 is of a whole second; ours says which millisecond of it, where both clocks agree on the second. */
function timeOf(headers: Headers): number | undefined {
  const time = Date.parse(headers.get('last-modified') ?? '');
  const own = Number(headers.get(timeHeader) ?? NaN);
  if (Number.isNaN(time)) return undefined;
  return own > time && own < time + 1000 ? own : time;
}

/** What makes an object say its time more exactly than S3 does. */
export function timeHeaders(bucket: S3Bucket): Readonly<Record<string, string>> {
  return { [timeHeader]: String(Math.trunc(bucket.settings.clock.now())) };
}

/**
 * True where the blob is there; it is marked as found then. S3 cannot change the time of an object but by writing it
 * anew, so the mark is an object of its own, which has no bytes.
 */
export async function findByWriter(
  bucket: S3Bucket,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if ((await findBlob(bucket, digest, { action: writing(digest), signal })) === undefined) return false;
  await markFound(bucket, digest, signal);
  return true;
}

/** Says that a writer has found a blob just now. */
export async function markFound(bucket: S3Bucket, digest: Digest, signal: AbortSignal | undefined): Promise<void> {
  await bucket.ask({
    method: 'PUT',
    key: bucket.keyOf(nameOfMark(digest)),
    headers: { ...bucket.settings.recordHeaders, ...timeHeaders(bucket) },
    body: new Uint8Array(),
    expect: [200],
    action: writing(digest),
    signal,
  });
}
