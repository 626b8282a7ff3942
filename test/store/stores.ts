import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';

/** A store in memory with blobs of 1, 2, 3 … bytes, and their digests. */
export async function storeOf(count: number): Promise<{ store: BlobStore; digests: Digest[] }> {
  const store = memoryBlobStore();
  const digests: Digest[] = [];
  for (let size = 1; size <= count; size++) {
    const bytes = new Uint8Array(size);
    digests.push(digestOf(bytes));
    await store.put(digestOf(bytes), bytesSource(bytes));
  }
  return { store, digests };
}
