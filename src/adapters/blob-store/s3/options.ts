import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import { defaultTimeouts, type HttpTimeouts } from '../../../http/exchange.ts';
import { defined } from '../../../http/http-client.ts';
import { defaultRetry, systemClock, type HttpClock, type RetryPolicy } from '../../../http/retry.ts';
import { addressOf, type S3Address } from './address.ts';
import type { S3Fetch } from './client.ts';

/** Where a bucket is, and how it is asked. Everything but the client and the bucket has a default. */
export interface S3StoreOptions {
  /** Signs and sends: {@link s3Client}, or `AwsClient` of aws4fetch, which should be made with `retries: 0`. */
  readonly client: S3Fetch;
  readonly bucket: string;
  /** `us-east-1` by default. It is part of the address of Amazon's S3, and of none other. */
  readonly region?: string | undefined;
  /** An http or https URL: `https://objects.example`. Amazon's S3 of the region by default. */
  readonly endpoint?: string | undefined;
  /**
   * True for `endpoint/bucket/key`, false for `bucket.endpoint/key`. By default false at Amazon's S3, unless the name
   * of the bucket has dots, which no certificate of Amazon fits; and true at every other endpoint.
   */
  readonly forcePathStyle?: boolean | undefined;
  /** Begins every key, so that several stores share a bucket: `team/app`. None by default. */
  readonly prefix?: string | undefined;
  /** Of blobs: `STANDARD_IA` for example. That of the bucket by default. */
  readonly storageClass?: string | undefined;
  /** `AES256`, `aws:kms` or `aws:kms:dsse`. That of the bucket by default. */
  readonly serverSideEncryption?: string | undefined;
  /** The key for `aws:kms`. */
  readonly sseKmsKeyId?: string | undefined;
  /** The account that must own the bucket; the server refuses otherwise. */
  readonly expectedBucketOwner?: string | undefined;
  /**
   * Bytes of one part, from 5 MiB; 8 MiB by default. A blob of at most so much is sent at once, a larger one in parts of
   * this size, or larger ones where more than 10,000 would be needed. A blob of unknown size has at most 10,000.
   */
  readonly partSize?: number | undefined;
  /** Parts of one blob under way; 4 by default. A put holds that many and one more in memory. */
  readonly partsInFlight?: number | undefined;
  /** Requests under way, those left out whose answer is a blob; 32 by default. */
  readonly concurrency?: number | undefined;
  /**
   * True where a `DELETE` with `If-Match` is atomic, as Amazon says of its S3, where this is the default. Elsewhere
   * deleted records leave small objects behind, which {@link S3RecordStore.sweep} removes.
   */
  readonly atomicDelete?: boolean | undefined;
  /** Seven attempts by default, up to 10 seconds apart, or as long as the server asks up to a minute. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 30 seconds between two parts of an answer, 300 for its beginning. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** Time and chance, so that a test can fix them. */
  readonly clock?: Partial<HttpClock> | undefined;
}

/** Options that were checked, with their defaults. */
export interface S3Settings {
  readonly client: S3Fetch;
  readonly address: S3Address;
  readonly blobHeaders: Readonly<Record<string, string>>;
  readonly recordHeaders: Readonly<Record<string, string>>;
  readonly commonHeaders: Readonly<Record<string, string>>;
  readonly partSize: number;
  readonly partsInFlight: number;
  readonly concurrency: number;
  readonly atomicDelete: boolean;
  readonly retry: RetryPolicy;
  readonly timeouts: HttpTimeouts;
  readonly clock: HttpClock;
}

const known = [
  ...['client', 'bucket', 'region', 'endpoint', 'forcePathStyle', 'prefix', 'storageClass', 'serverSideEncryption'],
  ...['sseKmsKeyId', 'expectedBucketOwner', 'partSize', 'partsInFlight', 'concurrency', 'atomicDelete'],
  ...['retry', 'timeouts', 'clock'],
];

const mebibyte = 1 << 20;

/**
 * Takes options that must be right.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkS3Options(options: S3StoreOptions): S3Settings {
  checkOptions('S3 store', options, known);
  const client = options.client as Partial<S3Fetch> | undefined;
  if (typeof client?.fetch !== 'function') throw invalid('client', 'client of the S3 store has no fetch');
  const partSize = checkCount('partSize', options.partSize, 8 * mebibyte);
  // The least that S3 takes of a part that is not the last, and the most of any.
  if (partSize < 5 * mebibyte || partSize > 5120 * mebibyte) {
    throw invalid('partSize', `partSize is ${partSize}, expected 5 MiB to 5 GiB`);
  }
  const address = addressOf(options);
  const { encryption, storage } = objectHeaders(options);
  return {
    client: options.client,
    address,
    commonHeaders: headersOf({ 'x-amz-expected-bucket-owner': options.expectedBucketOwner }),
    blobHeaders: { ...encryption, ...storage },
    recordHeaders: encryption,
    partSize,
    partsInFlight: checkCount('partsInFlight', options.partsInFlight, 4),
    concurrency: checkCount('concurrency', options.concurrency, 32),
    atomicDelete: options.atomicDelete ?? address.amazon,
    retry: { ...defaultRetry, ...defined(options.retry) },
    timeouts: { ...defaultTimeouts, ...defined(options.timeouts) },
    clock: { ...systemClock, ...defined(options.clock) },
  };
}

function objectHeaders(options: S3StoreOptions): Record<'encryption' | 'storage', Record<string, string>> {
  return {
    encryption: headersOf({
      'x-amz-server-side-encryption': options.serverSideEncryption,
      'x-amz-server-side-encryption-aws-kms-key-id': options.sseKmsKeyId,
    }),
    storage: headersOf({ 'x-amz-storage-class': options.storageClass }),
  };
}

function headersOf(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!/^[\x21-\x7e]{1,2048}$/.test(value)) throw invalid(name, `${name} is not printable text`);
    headers[name] = value;
  }
  return headers;
}

export function invalid(argument: string, message: string, hint?: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint });
}
