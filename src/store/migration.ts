import type { Digest } from '../digest/digest.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { Report } from '../ports/report.ts';
import type { BlobProblem } from './blob-problem.ts';
import type { DoneMarks } from './done-marks.ts';
import { eachBlob } from './each-blob.ts';
import type { MigrationReport } from './migrate-blobs.ts';
import type { MigrationState } from './migration-state.ts';
import { moveBlob } from './move-blob.ts';

/** So many passes over the source, each of which finds something new, and the rest is left to those after the flip. */
const maxPasses = 10;

/** What one run of a migration works on. */
export interface MigrationParts {
  readonly from: BlobStore;
  readonly to: BlobStore;
  readonly concurrency: number;
  readonly report: Report;
  readonly marks: DoneMarks | undefined;
}

/** One run of a migration: what it has done so far. */
export class Migration {
  readonly #parts: MigrationParts;
  readonly #done = new Set<Digest>();
  #errors: readonly BlobProblem[] = [];
  #copied = 0;
  #present = 0;
  #resumed = 0;
  #deleted = 0;
  #bytes = 0;
  flipped = false;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
  }

  /** True when the last pass could not do everything. */
  hasFailed(): boolean {
    return this.#errors.length > 0;
  }

  /** Takes over what former runs noted, as far as the target still has it. */
  async checkMarks(): Promise<void> {
    const { to, marks, report } = this.#parts;
    const noted = marks?.done ?? new Set();
    if (noted.size === 0) return;
    if (to.abilities.list) {
      for await (const { digest } of to.list(report.options)) if (noted.has(digest)) this.#done.add(digest);
    } else {
      for (const digest of noted) {
        if ((await to.stat(digest, report.options)) !== undefined) this.#done.add(digest);
      }
    }
    this.#resumed = this.#done.size;
  }

  /** Goes over the source until a pass finds nothing that was put meanwhile. */
  async copyUntilNothingIsNew(): Promise<void> {
    for (let pass = 0; pass < maxPasses; pass++) {
      if ((await this.copyPass()) === 0 || this.hasFailed()) return;
    }
  }

  /** Copies what is not done yet; gives the number of blobs that it had to look at. */
  async copyPass(): Promise<number> {
    let found = 0;
    this.#errors = await this.#each(async ({ digest }) => {
      if (this.#done.has(digest)) return;
      found++;
      await this.#move(digest);
    });
    return found;
  }

  /**
   * Deletes what the target gave back, and moves first what was put meanwhile. Before each blob it looks once more: that
   * the target has it, and that nobody ended this migration and began one in the other direction.
   */
  async emptySource(state: MigrationState | undefined): Promise<void> {
    const { from, to, report } = this.#parts;
    for (let pass = 0, deleted = 1; pass < maxPasses && deleted > 0 && !this.hasFailed(); pass++) {
      deleted = 0;
      this.#errors = await this.#each(async ({ digest }) => {
        if (!this.#done.has(digest) || (await to.stat(digest, report.options)) === undefined) await this.#move(digest);
        if (!this.#done.has(digest)) return;
        await state?.confirm();
        if (await from.delete(digest, report.options)) deleted++;
      });
      this.#deleted += deleted;
    }
  }

  #each(run: (blob: BlobStat) => Promise<void>): Promise<BlobProblem[]> {
    const { from, concurrency, report } = this.#parts;
    return eachBlob(from, { ...report.options, concurrency }, run);
  }

  async #move(digest: Digest): Promise<void> {
    const { report, marks } = this.#parts;
    const moved = await moveBlob(digest, this.#parts, report.options, (count) => {
      report.progress((this.#bytes += count));
    });
    if (moved === 'gone') return;
    if (moved === 'copied') this.#copied++;
    else this.#present++;
    await marks?.add(digest);
    this.#done.add(digest);
  }

  report(complete: boolean): MigrationReport {
    return {
      complete,
      dryRun: false,
      copied: this.#copied,
      present: this.#present,
      verified: this.#copied + this.#present,
      resumed: this.#resumed,
      deleted: this.#deleted,
      bytes: this.#bytes,
      flipped: this.flipped,
      errors: this.#errors,
    };
  }
}
