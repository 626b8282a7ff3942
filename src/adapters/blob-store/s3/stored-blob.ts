import { checkRange } from '../../../bytes/check-range.ts';
import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import { streamOf } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { StoredBlob } from '../../../ports/blob-store.ts';
import { nameOfBlob } from './blob-key.ts';
import { reading, type FoundBlob } from './blob-objects.ts';
import type { S3Bucket } from './bucket.ts';
import { openObject, type ObjectRange } from './open-object.ts';

/** What is asked for together with the question whether a blob is there: a small one needs no second request. */
export const firstBytes: number = 1 << 17;

/**
 * A blob that was found. The first stream begins with the bytes that came with it. What is missing then is one GET, which
 * goes on after a cut with the rest of the same object.
 */
export function storedBlob(bucket: S3Bucket, digest: Digest, { size, first }: FoundBlob): StoredBlob {
  let unread: Uint8Array | undefined = first;
  return {
    size,
    open: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      const begin = unread ?? new Uint8Array();
      // A blob that is kept after it was read holds no memory.
      unread = undefined;
      const whole = begin.length === size;
      const rest = whole
        ? streamOf(new Uint8Array())
        : await openBlob(bucket, digest, { signal, size, start: begin.length });
      return streamFrom((ended) => {
        // Nothing that follows has begun to read it where the reader leaves early.
        ended.addEventListener('abort', () => void rest.cancel().catch(() => undefined), { once: true });
        return checked(begin, chunksOf(rest, { signal: ended }), { digest, size });
      }, signal);
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
  begin: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = contentCheck(expected);
  if (begin.length > 0) {
    check.update(begin);
    yield begin;
  }
  for await (const chunk of rest) {
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
