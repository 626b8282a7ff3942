import type { Digest } from '../digest/digest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/** What a cache holds, in the order of its use, and makes room in it. Kept in memory, and made anew from its list. */
export class CacheLedger {
  readonly #cache: BlobStore;
  readonly #maxBytes: number;
  /** The one that was used longest ago comes first. */
  readonly #sizes = new Map<Digest, number>();
  #total = 0;
  #ready: Promise<void> | undefined;

  constructor(cache: BlobStore, maxBytes: number) {
    this.#cache = cache;
    this.#maxBytes = maxBytes;
  }

  /** Reads what the cache holds, once; after a failure the next call tries again. */
  ready(): Promise<void> {
    this.#ready ??= this.#load().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #load(): Promise<void> {
    const all = [];
    for await (const blob of this.#cache.list()) all.push(blob);
    all.sort((a, b) => (a.modifiedAt ?? 0) - (b.modifiedAt ?? 0));
    for (const { digest, size } of all) this.touch(digest, size);
    await this.#shrink(0);
  }

  /** Notes that a blob was used. */
  touch(digest: Digest, size: number): void {
    this.forget(digest);
    this.#add(digest, size);
  }

  /** The blob is no longer there. Gives the size that it was noted with. */
  forget(digest: Digest): number {
    const size = this.#sizes.get(digest) ?? 0;
    this.#total -= size;
    this.#sizes.delete(digest);
    return size;
  }

  /** Deletes a blob. What cannot be deleted goes on to take its room. */
  remove(digest: Digest, options: OperationOptions = {}): Promise<boolean> {
    return this.#delete(digest, this.forget(digest), options);
  }

  async #delete(digest: Digest, size: number, options: OperationOptions = {}): Promise<boolean> {
    try {
      return await this.#cache.delete(digest, options);
    } catch (error) {
      if (size > 0 && !this.#sizes.has(digest)) this.#add(digest, size);
      throw error;
    }
  }

  #add(digest: Digest, size: number): void {
    this.#sizes.set(digest, size);
    this.#total += size;
  }

  /**
   * Takes room for a blob that is about to be written. False where it is larger than the whole cache, or nothing can be
   * deleted to make room.
   */
  async reserve(digest: Digest, size: number): Promise<boolean> {
    if (size > this.#maxBytes) return false;
    await this.ready();
    this.forget(digest);
    const shrinking = this.#shrink(size);
    this.#add(digest, size);
    if (await shrinking) return true;
    this.forget(digest);
    return false;
  }

  /** Whose turn it is is decided before anything is waited for: two that make room at once never choose the same. */
  async #shrink(needed: number): Promise<boolean> {
    const leaving: [Digest, number][] = [];
    for (const digest of this.#sizes.keys()) {
      if (this.#total + needed <= this.#maxBytes) break;
      leaving.push([digest, this.forget(digest)]);
    }
    let done = true;
    for (const [digest, size] of leaving) await this.#delete(digest, size).catch(() => (done = false));
    return done;
  }
}
