import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import { storeRegistry } from '../../src/registry/index.ts';

const bytes = new Uint8Array([1, 2, 3]);

/** A store that does something as soon as an ingest is committed. */
function storeThat(whenCommitted: () => void): BlobStore {
  const blobs = memoryBlobStore();
  return {
    ...blobs,
    ingest: async (id, options) => {
      const ingest = await (blobs.ingest as NonNullable<BlobStore['ingest']>)(id, options);
      const commit: typeof ingest.commit = async (...args) => {
        const committed = await ingest.commit(...args);
        whenCommitted();
        return committed;
      };
      return { id: ingest.id, offset: 0, append: ingest.append.bind(ingest), abort: ingest.abort.bind(ingest), commit };
    },
  };
}

describe('a commit that is aborted when the store has the blob', () => {
  it('is carried through: the blob is in the repository', async () => {
    const stop = new AbortController();
    const blobs = storeThat(() => stop.abort());
    const { blob } = storeRegistry({ blobs, records: memoryRecordStore() }).repository('team/app');
    const ingest = await blob.ingest?.();
    await ingest?.append(bytesSource(bytes));
    await ingest?.commit(digestOf(bytes), { signal: stop.signal });
    expect(await blob.stat(digestOf(bytes))).toEqual({ size: 3 });
  });
});
