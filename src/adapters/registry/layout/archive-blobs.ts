import { checkRange } from '../../../bytes/check-range.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { UsageError } from '../../../errors.ts';
import type { BlobStore, StoredBlob } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { readOnlyBlobs } from './read-only.ts';
import type { PlacedMember } from './scan-tar.ts';

/** The blobs of a layout in a tar, each read from its place. */
export function archiveBlobs(id: string, source: ByteSource, places: ReadonlyMap<Digest, PlacedMember>): BlobStore {
  const refuse = (): never => {
    throw new UsageError('ERR_UNSUPPORTED', `layout ${id} is read-only`);
  };
  return readOnlyBlobs({
    id,
    abilities: { ingest: false, range: true, list: true },
    put: refuse,
    delete: refuse,
    get: (digest) => {
      const place = places.get(digest);
      return Promise.resolve(place && placedBlob(source, digest, place));
    },
    stat: (digest) => {
      const place = places.get(digest);
      return Promise.resolve(place && { digest, size: place.size });
    },
    list: async function* () {
      for (const [digest, { size }] of places) yield { digest, size };
    },
  });
}

function placedBlob(source: ByteSource, digest: Digest, { offset, size }: PlacedMember): StoredBlob {
  const range = (start: number, end: number, { signal }: OperationOptions): Promise<ReadableStream<Uint8Array>> =>
    source.open({ start: offset + start, end: offset + end, signal });
  return {
    size,
    open: (options = {}) =>
      Promise.resolve(
        streamFrom(
          (signal) => checkedChunks(() => range(0, size, { signal }), { digest, size }, signal),
          options.signal,
        ),
      ),
    openUnverifiedRange: async (start, end, options = {}) => {
      checkRange(start, end, size);
      return range(start, end, options);
    },
  };
}

async function* checkedChunks(
  open: () => Promise<ReadableStream<Uint8Array>>,
  expected: { readonly digest: Digest; readonly size: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = contentCheck(expected);
  for await (const chunk of chunksOf(await open(), { signal })) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}
