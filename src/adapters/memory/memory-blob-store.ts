import { checkRange } from '../../bytes/check-range.ts';
import { randomId } from '../../bytes/random-id.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { chunksOf, concatBytes } from '../../bytes/stream.ts';
import { algorithmOf, digestOf, isDigestAlgorithm, parseDigest, type Digest } from '../../digest/digest.ts';
import { verifyBytes } from '../../digest/verify-stream.ts';
import { unknownIngest } from '../../store/ingest-state.ts';
import type { BlobStat, BlobStore, Ingest, StoredBlob } from '../../ports/blob-store.ts';
import { MemoryQuota, type MemoryStoreOptions } from './memory-quota.ts';

interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  modifiedAt: number;
}

interface Memory {
  readonly id: string;
  readonly blobs: Map<Digest, Held>;
  readonly ingests: Map<string, Ingest>;
  readonly quota: MemoryQuota;
}

/**
 * Blobs in memory. Bytes are copied on their way in and on their way out, so nobody can change what is stored.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown.
 */
export function memoryBlobStore(options: MemoryStoreOptions = {}): BlobStore {
  const id = 'memory';
  const memory: Memory = { id, blobs: new Map(), ingests: new Map(), quota: new MemoryQuota(id, options) };
  return {
    id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) => {
      signal?.throwIfAborted();
      return { created: await put(memory, parseDigest(digest), source, signal) };
    },
    get: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const held = memory.blobs.get(parseDigest(digest));
      return Promise.resolve(held === undefined ? undefined : storedBlob(digest, held.bytes));
    },
    stat: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const held = memory.blobs.get(parseDigest(digest));
      return Promise.resolve(held === undefined ? undefined : statOf(digest, held));
    },
    delete: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const held = memory.blobs.get(parseDigest(digest));
      memory.quota.give(held?.bytes.length ?? 0);
      return Promise.resolve(memory.blobs.delete(digest));
    },
    list: ({ signal } = {}) => list(memory, signal),
    ingest: async (ingest, { signal } = {}) => {
      signal?.throwIfAborted();
      return Promise.resolve(ingest === undefined ? begin(memory) : resume(memory, ingest));
    },
  };
}

async function put(memory: Memory, digest: Digest, source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  if (reuse(memory, digest)) return false;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    await gather(memory, source, signal, (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
    });
    const { size: expected } = source;
    const bytes = verifyBytes(concatBytes(chunks, size), { digest, size: expected });
    return keep(memory, digest, bytes);
  } catch (error) {
    memory.quota.give(size);
    throw error;
  }
}

/** Takes copies of all chunks of a source, as far as the quota goes. */
async function gather(
  memory: Memory,
  source: ByteSource,
  signal: AbortSignal | undefined,
  add: (chunk: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
    memory.quota.take(chunk.length);
    add(new Uint8Array(chunk));
  }
}

function reuse(memory: Memory, digest: Digest): boolean {
  const held = memory.blobs.get(digest);
  if (held !== undefined) held.modifiedAt = Date.now();
  return held !== undefined;
}

/** Makes bytes visible, whose room was taken before. Gives the room back when they are there already. */
function keep(memory: Memory, digest: Digest, bytes: Uint8Array<ArrayBuffer>): boolean {
  if (reuse(memory, digest)) {
    memory.quota.give(bytes.length);
    return false;
  }
  memory.blobs.set(digest, { bytes, modifiedAt: Date.now() });
  return true;
}

function statOf(digest: Digest, held: Held): BlobStat {
  return { digest, size: held.bytes.length, modifiedAt: held.modifiedAt };
}

function storedBlob(digest: Digest, bytes: Uint8Array<ArrayBuffer>): StoredBlob {
  return {
    size: bytes.length,
    open: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      return Promise.resolve(copiesOf(verifyBytes(bytes, { digest }), signal));
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      signal?.throwIfAborted();
      checkRange(start, end, bytes.length);
      return Promise.resolve(copiesOf(bytes.subarray(start, end), signal));
    },
  };
}

const piece = 1024 * 1024;

/** A stream of copies, so that a reader cannot change what is stored. */
function copiesOf(bytes: Uint8Array, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream(
    {
      pull(controller) {
        signal?.throwIfAborted();
        const part = bytes.slice(position, position + piece);
        position += part.length;
        if (part.length === 0) controller.close();
        else controller.enqueue(part);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* list(memory: Memory, signal: AbortSignal | undefined): AsyncGenerator<BlobStat, void, undefined> {
  for (const [digest, held] of [...memory.blobs]) {
    signal?.throwIfAborted();
    yield statOf(digest, held);
  }
}

function resume(memory: Memory, id: string): Ingest {
  const ingest = memory.ingests.get(id);
  if (ingest === undefined) throw unknownIngest(memory.id, id);
  return ingest;
}

function begin(memory: Memory): Ingest {
  const id = randomId();
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const end = (): void => void memory.ingests.delete(id);
  const mustBeOpen = (): void => {
    if (!memory.ingests.has(id)) throw unknownIngest(memory.id, id);
  };
  const ingest: Ingest = {
    id,
    get offset() {
      return offset;
    },
    append: async (source, { signal } = {}) => {
      mustBeOpen();
      await gather(memory, source, signal, (chunk) => {
        chunks.push(chunk);
        offset += chunk.length;
      });
      return { offset };
    },
    commit: async (wanted, { signal } = {}) => {
      signal?.throwIfAborted();
      mustBeOpen();
      const bytes = concatBytes(chunks, offset);
      const digest = isDigestAlgorithm(wanted) ? digestOf(bytes, wanted) : parseDigest(wanted);
      if (digestOf(bytes, algorithmOf(digest)) !== digest) verifyBytes(bytes, { digest });
      end();
      return Promise.resolve({ created: keep(memory, digest, bytes), digest, size: bytes.length });
    },
    abort: async () => {
      if (memory.ingests.has(id)) memory.quota.give(offset);
      end();
      return Promise.resolve();
    },
  };
  memory.ingests.set(id, ingest);
  return ingest;
}
