import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import { streamOf } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { nameOfBlob } from './blob-key.ts';
import { reading } from './blob-objects.ts';
import type { S3Bucket } from './bucket.ts';
import { openObject, type ObjectRange } from './open-object.ts';

/** A blob that was found. Each stream is one GET, which goes on after a cut with the rest of the same object. */
export function storedBlob(bucket: S3Bucket, digest: Digest, size: number): StoredBlob {
  return {
    size,
    open: async ({ signal } = {}) => {
      const stream = await openBlob(bucket, digest, { signal, size });
      return streamFrom((ended) => checked(stream, digest, size, ended), signal);
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      signal?.throwIfAborted();
      if (start === end) return streamOf(new Uint8Array());
      return openBlob(bucket, digest, { signal, size, start, end });
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

function openBlob(bucket: S3Bucket, digest: Digest, range: ObjectRange): Promise<ReadableStream<Uint8Array>> {
  const object = {
    key: bucket.keyOf(nameOfBlob(digest)),
    action: reading(digest),
    missing: (cause: unknown) => gone(bucket, digest, cause),
  };
  return openObject(bucket, object, range);
}

/** A blob that was deleted between the time it was found and now. */
function gone(bucket: S3Bucket, digest: Digest, cause: unknown): StoreError {
  const { id: store } = bucket.settings.address;
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not there any more`, { cause, store, digest });
}

function checkRange(start: number, end: number, size: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size) return;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `range ${String(start)} to ${String(end)} does not lie in a blob of ${String(size)} bytes`,
    { argument: 'start' },
  );
}
