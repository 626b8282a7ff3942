import type { Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import type { BlobStat } from '../../../ports/blob-store.ts';
import { nameOfBlob, nameOfMark } from './blob-key.ts';
import type { S3Answer, S3Bucket } from './bucket.ts';
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
}

/** Asks for the head of a blob. Nothing is found only where the bucket is there. */
export async function findBlob(
  bucket: S3Bucket,
  digest: Digest,
  action: S3Action,
  signal: AbortSignal | undefined,
): Promise<FoundBlob | undefined> {
  const key = bucket.keyOf(nameOfBlob(digest));
  const answer = await headOf(bucket, key, action, signal);
  if (answer === undefined) return undefined;
  const { headers } = answer;
  const length = headers.get('content-length') ?? '';
  // Whatever answers 200 to everything, a login page for example, must not be taken for a blob that is there.
  if (!headers.has('etag') || !/^\d{1,15}$/.test(length) || /^text\/html/i.test(headers.get('content-type') ?? '')) {
    const { bucket: name, host, id } = bucket.settings.address;
    throw new StoreError(action.code, `${action.what} in bucket ${name} failed: ${host} does not answer as S3`, {
      store: id,
      digest,
      hint: 'check the endpoint: a proxy, a login page or the console of the server may stand there',
    });
  }
  return { size: Number(length), modifiedAt: timeOf(headers) };
}

/** The head of an object. The answer to HEAD has no body: why it failed is asked with GET. */
async function headOf(
  bucket: S3Bucket,
  key: string,
  action: S3Action,
  signal: AbortSignal | undefined,
): Promise<S3Answer | undefined> {
  const request = { key, action, signal };
  try {
    const answer = await bucket.ask({ ...request, method: 'HEAD', expect: [200, 404] });
    if (answer.status === 200) return answer;
    if (!bucket.known) await explain(bucket, request);
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof StoreError && !error.retryable && 'status' in error.details) await explain(bucket, request);
    throw error;
  }
}

/** Fails with what S3 says of an object that is not there; does nothing where it is only the object that is missing. */
async function explain(
  bucket: S3Bucket,
  request: { readonly key: string; readonly action: S3Action; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const headers = { range: 'bytes=0-0' };
  await bucket.ask({ ...request, method: 'GET', headers, expect: [200, 206, 416], missing: 'NoSuchKey' });
}

/** When a blob was written or last found: the later one of the times of two objects. */
export async function statBlob(
  bucket: S3Bucket,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<BlobStat | undefined> {
  const action = reading(digest);
  const [found, mark] = await Promise.all([
    findBlob(bucket, digest, action, signal),
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
  const action = writing(digest);
  if ((await findBlob(bucket, digest, action, signal)) === undefined) return false;
  await bucket.ask({
    method: 'PUT',
    key: bucket.keyOf(nameOfMark(digest)),
    headers: { ...bucket.settings.recordHeaders, ...timeHeaders(bucket) },
    body: new Uint8Array(),
    expect: [200],
    action,
    signal,
  });
  return true;
}
