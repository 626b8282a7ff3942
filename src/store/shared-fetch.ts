import type { ByteSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import type { BlobStore, StoredBlob } from '../ports/blob-store.ts';
import type { CacheLedger } from './cache-ledger.ts';

/** How far a reader may stay behind before it goes on from the cache instead; 8 MiB. */
const maxBehind = 8 * 1024 * 1024;

/** What a fetch needs. */
export interface FetchParts {
  readonly digest: Digest;
  readonly blob: StoredBlob;
  readonly cache: BlobStore;
  readonly ledger: CacheLedger;
}

/**
 * One fetch of a blob into a cache, however many wait for it. Who comes before its first byte sees the bytes as they
 * come; a slow one of them holds up nobody. When the last reader has gone, the fetch ends, and leaves nothing behind.
 */
export class SharedFetch {
  readonly blob: StoredBlob;
  /** True when the blob is in the cache; never rejects. */
  readonly cached: Promise<boolean>;
  readonly #parts: FetchParts;
  readonly #stop = new AbortController();
  readonly #taps = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #begun = false;
  #readers = 0;

  constructor(parts: FetchParts) {
    this.#parts = parts;
    this.blob = parts.blob;
    this.cached = this.#run();
  }

  async #run(): Promise<boolean> {
    const { digest, blob, cache, ledger } = this.#parts;
    try {
      if (!(await ledger.reserve(digest, blob.size))) return false;
      await cache.put(digest, this.#source(), { signal: this.#stop.signal });
      return true;
    } catch {
      // Whoever reads goes on from the store, and is told what is wrong with that.
      await ledger.remove(digest).catch(() => undefined);
      return false;
    } finally {
      this.#begun = true;
      for (const tap of this.#taps) tap.error(new Error('fetch has ended'));
      this.#taps.clear();
    }
  }

  #source(): ByteSource {
    const { blob } = this.#parts;
    return {
      size: blob.size,
      open: async ({ start = 0, end = blob.size, signal } = {}) => {
        if (start > 0 || end < blob.size) return blob.openUnverifiedRange(start, end, { signal });
        this.#begun = true;
        return streamFrom(this.#shared(await blob.open({ signal })));
      },
    };
  }

  async *#shared(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(stream)) {
      for (const tap of this.#taps) this.#hand(tap, chunk);
      yield chunk;
    }
  }

  #hand(tap: ReadableStreamDefaultController<Uint8Array>, chunk: Uint8Array): void {
    if ((tap.desiredSize ?? 0) >= chunk.length) tap.enqueue(chunk.slice());
    else {
      this.#taps.delete(tap);
      tap.error(new Error('reader is too far behind'));
    }
  }

  /** The bytes as they come, in a stream that never ends but fails; undefined where it is too late for that. */
  live(): ReadableStream<Uint8Array> | undefined {
    if (this.#begun) return undefined;
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          own = controller;
          this.#taps.add(controller);
        },
        cancel: () => {
          if (own !== undefined) this.#taps.delete(own);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxBehind }),
    );
  }

  /** Somebody waits for the blob until the function that this gives is called. */
  join(): () => void {
    this.#readers++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      if (--this.#readers === 0) this.#stop.abort(new Error('nobody reads any more'));
    };
  }
}
