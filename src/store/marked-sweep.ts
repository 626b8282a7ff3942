import type { Digest } from '../digest/digest.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readMark, removeMark, writeMark, type GarbageMark } from './garbage-marks.ts';
import { clockSkew } from './leases.ts';

/** How long a sweep that marked a blob for deletion may take to delete it, in milliseconds. */
const deletionTime = 5 * 60_000;

/** When a marked blob may be deleted. */
export interface MarkRules {
  /** The time now, in milliseconds since 1970. A mark must not look older than it is, however long the sweep takes. */
  now(): number;
  /** How long a blob must have been marked, in milliseconds. */
  readonly grace: number;
  /** When the oldest writer began that may still name what it put; see `oldestLease`. */
  readonly oldestLease: number;
  readonly dryRun: boolean;
}

/** What became of a blob that nothing names. */
export type MarkVerdict = 'marked' | 'young' | 'leased' | 'deleted' | 'gone';

/**
 * Deletes what nothing names in two steps: the first sweep marks it, a later one, when the grace is over, looks again
 * and deletes. A writer that puts the blob again in between removes the mark, and then it is not deleted.
 */
export class MarkedSweep {
  readonly #blobs: BlobStore;
  readonly #records: RecordStore;
  readonly #rules: MarkRules;

  constructor(blobs: BlobStore, records: RecordStore, rules: MarkRules) {
    this.#blobs = blobs;
    this.#records = records;
    this.#rules = rules;
  }

  /** Deals with one blob that nothing names. */
  async candidate(blob: BlobStat, options: OperationOptions): Promise<MarkVerdict> {
    const { grace, oldestLease, dryRun } = this.#rules;
    const found = await readMark(this.#records, blob.digest, options);
    const mark = found === undefined || usedSince(blob, found) ? await this.#mark(blob.digest, found, options) : found;
    if (mark === undefined) return 'young';
    if (this.#rules.now() - mark.since < grace) return mark === found ? 'young' : 'marked';
    if (mark.since >= oldestLease - clockSkew) return 'leased';
    if (mark.deletingUntil > Date.now()) return 'young';
    return dryRun ? 'deleted' : this.#delete(blob.digest, mark, options);
  }

  /** Somebody names the blob again, or it is gone: the next time counts anew. */
  async unmark(digest: Digest, options: OperationOptions): Promise<void> {
    if (this.#rules.dryRun) return;
    const mark = await readMark(this.#records, digest, options);
    if (mark !== undefined && mark.deletingUntil <= Date.now()) await removeMark(this.#records, mark, options);
  }

  async #mark(
    digest: Digest,
    before: GarbageMark | undefined,
    options: OperationOptions,
  ): Promise<GarbageMark | undefined> {
    const times = { since: this.#rules.now(), deletingUntil: 0 };
    if (this.#rules.dryRun) return { ...times, key: '', version: '' };
    return writeMark(this.#records, digest, times, before, options);
  }

  async #delete(digest: Digest, mark: GarbageMark, options: OperationOptions): Promise<MarkVerdict> {
    const times = { since: mark.since, deletingUntil: Date.now() + deletionTime };
    const claim = await writeMark(this.#records, digest, times, mark, options);
    if (claim === undefined) return 'young';
    try {
      const again = await this.#blobs.stat(digest, options);
      // A process that was stopped may go on when a writer no longer waits for it.
      const used = (again !== undefined && usedSince(again, mark)) || Date.now() >= claim.deletingUntil;
      const deleted = !used && (await this.#blobs.delete(digest, options));
      await removeMark(this.#records, claim, options);
      return deleted ? 'deleted' : used ? 'young' : 'gone';
    } catch (error) {
      await this.#release(digest, claim);
      throw error;
    }
  }

  /** Whoever puts the blob now must not wait for a sweep that has ended. Where this fails too, he waits for its time. */
  async #release(digest: Digest, claim: GarbageMark): Promise<void> {
    const times = { since: claim.since, deletingUntil: 0 };
    await writeMark(this.#records, digest, times, claim, {}).catch(() => undefined);
  }
}

/** True where a writer put the blob, or found it present, after it was marked. */
function usedSince({ modifiedAt = 0 }: BlobStat, { since }: GarbageMark): boolean {
  return modifiedAt > since;
}
