import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import { streamOf } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import { download, type Download } from '../../../http/download.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { nameOfBlob } from './blob-key.ts';
import { reading } from './blob-objects.ts';
import type { S3Bucket } from './bucket.ts';
import { faultOf } from './s3-failure.ts';

/** A blob that was found. Each stream is one GET, which goes on after a cut with the rest of the same object. */
export function storedBlob(bucket: S3Bucket, digest: Digest, size: number): StoredBlob {
  return {
    size,
    open: async ({ signal } = {}) => {
      const { stream } = await openObject(bucket, digest, { signal, size });
      return streamFrom((ended) => checked(stream, digest, size, ended), signal);
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      signal?.throwIfAborted();
      if (start === end) return streamOf(new Uint8Array());
      return (await openObject(bucket, digest, { signal, size, start, end })).stream;
    },
  };
}

async function* checked(
  stream: ReadableStream<Uint8Array>,
  digest: Digest,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = contentCheck({ digest, size });
  for await (const chunk of chunksOf(stream, { signal })) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}

interface Range {
  readonly signal: AbortSignal | undefined;
  readonly size: number;
  readonly start?: number;
  readonly end?: number;
}

async function openObject(bucket: S3Bucket, digest: Digest, range: Range): Promise<Download> {
  const { signal } = range;
  const explain = (error: unknown): unknown => {
    signal?.throwIfAborted();
    return missing(error, bucket, digest) ?? bucket.failure(error, reading(digest));
  };
  try {
    return await download(bucket.http, bucket.url(bucket.keyOf(nameOfBlob(digest))), {
      ...range,
      explain: async (error) => explain(error),
    });
  } catch (error) {
    throw explain(error);
  }
}

/** A blob that was deleted between the time it was found and now. */
function missing(error: unknown, bucket: S3Bucket, digest: Digest): StoreError | undefined {
  if (!(error instanceof HttpFailure) || faultOf(error)?.code !== 'NoSuchKey') return undefined;
  const { id: store } = bucket.settings.address;
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not there any more`, { cause: error, store, digest });
}

function checkRange(start: number, end: number, size: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size) return;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `range ${String(start)} to ${String(end)} does not lie in a blob of ${String(size)} bytes`,
    { argument: 'start' },
  );
}
