import { checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import { algorithmOf, parseDigest, type Digest } from '../../../digest/digest.ts';
import { integrityOf } from '../../../digest/integrity.ts';
import { UsageError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { nameOfBlob } from './blob-key.ts';
import type { S3Bucket } from './bucket.ts';
import type { S3Fetch } from './client.ts';

/** How long a URL holds. */
export interface PresignOptions extends OperationOptions {
  /** From 1 to 604,800 (a week); 900 by default. */
  readonly expiresInSeconds?: number | undefined;
}

/** A request that needs no credentials. The body of it are the bytes. */
export interface PresignedPut {
  readonly url: string;
  readonly method: 'PUT';
  /** They are signed: the request must have each of them as it is. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A bucket whose client signs URLs. */
interface SigningBucket {
  readonly bucket: S3Bucket;
  readonly client: Required<S3Fetch>;
}

/** A URL from which a blob can be read. */
export async function presignGet(at: SigningBucket, digest: Digest, options: PresignOptions = {}): Promise<string> {
  return signed(at, digest, { method: 'GET', headers: {} }, options);
}

/** What puts a blob. */
export async function presignPut(
  at: SigningBucket,
  digest: Digest,
  options: PresignOptions = {},
): Promise<PresignedPut> {
  const { commonHeaders, blobHeaders } = at.bucket.settings;
  const algorithm = algorithmOf(parseDigest(digest));
  if (algorithm !== 'sha256') throw invalid('digest', `digest is of ${algorithm}, expected sha256, which S3 compares`);
  const checksum = integrityOf(digest).slice('sha256-'.length);
  const request = {
    method: 'PUT',
    headers: { ...commonHeaders, ...blobHeaders, 'x-amz-checksum-sha256': checksum },
  } as const;
  return { url: await signed(at, digest, request, options), ...request };
}

interface Presigned {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function signed(at: SigningBucket, digest: Digest, request: Presigned, options: PresignOptions): Promise<string> {
  checkOptions('presign', options, ['expiresInSeconds', ...operationKeys]);
  const { expiresInSeconds = 900, signal } = options;
  signal?.throwIfAborted();
  if (!Number.isSafeInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > 604_800) {
    throw invalid('expiresInSeconds', `expiresInSeconds is ${String(expiresInSeconds)}, expected 1 to 604800`);
  }
  const { bucket, client } = at;
  const url = bucket.url(bucket.keyOf(nameOfBlob(parseDigest(digest))), { 'X-Amz-Expires': String(expiresInSeconds) });
  return (await client.sign(url.href, { ...request, aws: { signQuery: true } })).url;
}

function invalid(argument: string, message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument });
}
