import { StoreError, type StoreErrorCode } from '../../../errors.ts';
import { isHtml } from '../../../http/answer-head.ts';
import { failureAt, HttpFailure, networkCode } from '../../../http/http-failure.ts';
import { parseRetryAfter } from '../../../http/retry.ts';
import type { S3Settings } from './options.ts';
import { childText, parseXml } from './xml.ts';

/** What was asked for, in the words of an error. */
export interface S3Action {
  readonly code: 'ERR_STORE_READ' | 'ERR_STORE_WRITE';
  /** `read blob sha256:…` */
  readonly what: string;
  readonly digest?: string | undefined;
}

/** What S3 says of a request that it does not serve. */
export interface S3Fault {
  readonly status: number;
  /** The code of S3, where there is one: `NoSuchBucket`. */
  readonly code: string | undefined;
  readonly message: string;
  readonly html: boolean;
  /** The region that the bucket is in, where the server says so. */
  readonly region: string | undefined;
  readonly date: string | undefined;
  /** What the credentials must allow, in the words of a policy: `s3:GetObject`. */
  readonly permission: string;
}

const faults = new WeakMap<HttpFailure, S3Fault>();

/** What S3 said, of a failure that comes from {@link answerFailure}. */
export function faultOf(failure: HttpFailure): S3Fault | undefined {
  return faults.get(failure);
}

/** Codes after which the same request may well succeed, whatever the status. */
const passing = new Set([
  ...['SlowDown', 'SlowDownRead', 'SlowDownWrite', 'InternalError', 'ServiceUnavailable', 'RequestTimeout'],
  ...['RequestLimitExceeded', 'Throttling', 'OperationAborted', 'ConditionalRequestConflict', 'TooManyRequests'],
  // Bytes that were right when they left us were changed on their way.
  ...['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody'],
]);

/**
 * The failure for an answer that was not asked for. Its body is not kept: S3 repeats tokens and the signed text in it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function answerFailure(
  { url, response, method }: { readonly url: URL; readonly response: Response; readonly method: string },
  text: string,
  { followsClock = false }: { readonly followsClock?: boolean } = {},
): HttpFailure {
  const { status, headers } = response;
  const error = parseXml(text);
  const isError = error?.name === 'Error';
  const said = (name: string): string | undefined => (isError ? printable(childText(error, name)) : undefined);
  const code = said('Code');
  const failure = failureAt(url, 'status', `answered ${[status, code].join(' ').trim()}`, {
    status,
    retryable: isPassing(code, followsClock) || [408, 429, 500, 502, 503, 504].includes(status),
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), Date.now()),
  });
  faults.set(failure, {
    status,
    code,
    message: said('Message') ?? '',
    html: isHtml(headers) && text.trim() !== '' && !isError,
    region: printable(headers.get('x-amz-bucket-region') ?? undefined) ?? said('Region'),
    date: headers.get('date') ?? undefined,
    permission: permissionFor(method, url.searchParams),
  });
  return failure;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
function permissionFor(method: string, query: URLSearchParams): string {
  if (method === 'DELETE') return query.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject';
  if (method !== 'GET' && method !== 'HEAD') return 's3:PutObject';
  if (query.has('uploads')) return 's3:ListBucketMultipartUploads';
  return query.has('list-type') ? 's3:ListBucket' : 's3:GetObject';
}

function isPassing(code = '', followsClock: boolean): boolean {
  return passing.has(code) || (followsClock && code === 'RequestTimeTooSkewed');
}

function printable(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300);
}

/** The error of the port for a failure; an abort, and what a source throws, as it is. */
export function storeFailure(error: unknown, action: S3Action, { address, clock }: S3Settings): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const fault = faults.get(error);
  const { bucket, host, id } = address;
  const said = fault === undefined ? error.message : saidBy(fault, host);
  return new StoreError(codeOf(fault, action), `${action.what} in bucket ${bucket} failed: ${said}`, {
    cause: error,
    store: id,
    retryable: error.retryable,
    hint: fault === undefined ? hintOfNetwork(error, host) : hintOf(fault, clock.now(), bucket),
    ...(action.digest === undefined ? {} : { digest: action.digest }),
    details: { bucket, host, ...(fault && detailsOf(fault)) },
  });
}

function detailsOf(fault: S3Fault): Readonly<Record<string, unknown>> {
  const { status, code, permission } = fault;
  return { status, ...(code && { s3Code: code }), ...(isDenied(fault) && { permission }) };
}

function isDenied({ status, html, code }: S3Fault): boolean {
  return (status === 403 || status === 401) && !html && hints[code ?? ''] === undefined;
}

function saidBy({ status, code, message, html }: S3Fault, host: string): string {
  if (html) return `${host} answered ${status} with a web page, not as S3`;
  return `${host} answered ${[status, code].join(' ').trim()}${message === '' ? '' : `: ${message}`}`;
}

function codeOf(fault: S3Fault | undefined, action: S3Action): StoreErrorCode {
  const full = /Quota|StorageFull|EntityTooLarge|InsufficientStorage|TooManyParts/.test(fault?.code ?? '');
  return full || fault?.status === 507 ? 'ERR_STORE_QUOTA' : action.code;
}

function hintOf(fault: S3Fault, now: number, bucket: string): string | undefined {
  const { status, code = '', html, region, date } = fault;
  // S3 answers 200 with a document that was asked for, or with an error.
  if (html || (status === 200 && code === '')) return notS3;
  if (code === 'RequestTimeTooSkewed') return clockHint(date, now);
  // A redirect without a word of S3 is one of a captive portal, or of a console.
  const moved = [301, 302, 303, 307, 308].includes(status) && code === '' && region === undefined;
  if (moved) return notS3;
  const elsewhere = status === 301 || status === 307 || /AuthorizationHeaderMalformed|Redirect|Location/.test(code);
  if (elsewhere) return `the bucket is in ${region ?? 'another region'}: set the region, or the endpoint, to it`;
  return hints[code] ?? hintOfStatus(fault, bucket);
}

const notS3 = 'check the endpoint: a proxy, a login page or the console of the server may stand there';
const unknownKey =
  'the server does not know the access key id: check it, the endpoint, and the session token where the key is temporary';
const noRoom = 'the server has no room left: delete something there, or give it more';

const hints: Readonly<Partial<Record<string, string>>> = {
  NoSuchBucket: 'create the bucket, or check its name, the endpoint and the region',
  InvalidAccessKeyId: unknownKey,
  XAdminUserNotFound: unknownKey,
  SignatureDoesNotMatch: 'the secret access key does not belong to the access key id, or is cut short: check it',
  ExpiredToken: 'the credentials have expired: get new ones',
  InvalidToken: 'the session token is wrong, or belongs to another key',
  XAmzContentSHA256Mismatch: 'the bytes were changed on their way to the server',
  QuotaExceeded: noRoom,
  InsufficientStorage: noRoom,
  StorageFull: noRoom,
  XMinioStorageFull: noRoom,
};

function hintOfStatus(fault: S3Fault, bucket: string): string | undefined {
  const { status } = fault;
  if (isDenied(fault)) {
    return `this needs ${fault.permission} on ${bucket}; the credentials must allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads there`;
  }
  if (status === 507) return noRoom;
  if (status === 501) return 'the server does not have this part of S3';
  if (status >= 500) return 'the server has a fault of its own: try again later';
  return undefined;
}

function clockHint(date: string | undefined, now: number): string {
  const seconds = Math.round((now - Date.parse(date ?? '')) / 1000);
  const how = Number.isNaN(seconds) ? 'wrong' : `${Math.abs(seconds)} seconds ${seconds > 0 ? 'fast' : 'slow'}`;
  return `the clock of this machine is ${how}, and S3 takes at most 15 minutes: set it`;
}

function hintOfNetwork(failure: HttpFailure, host: string): string | undefined {
  const code = networkCode(failure) ?? '';
  if (/ENOTFOUND|EAI_AGAIN/.test(code))
    return `there is no host ${host}: check the endpoint, the bucket and forcePathStyle`;
  if (failure.kind !== 'network') return undefined;
  return `check that ${host} can be reached${'document' in globalThis ? ', and that the bucket allows this page by CORS' : ''}`;
}
