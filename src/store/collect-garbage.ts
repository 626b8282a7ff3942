import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import type { Digest } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { problemOf, type BlobProblem } from './blob-problem.ts';

/** What is collected, and what is kept. */
export interface CollectGarbageOptions extends OperationOptions {
  readonly blobs: BlobStore;
  /** Every digest that must stay. Read to its end before anything is deleted; when it fails, nothing is. */
  readonly roots: Iterable<Digest> | AsyncIterable<Digest>;
  /** How long a blob stays after it was last written, or last found by a writer, in seconds. 24 hours by default. */
  readonly graceSeconds?: number | undefined;
  /** The time now, in milliseconds since 1970; that of the clock by default. */
  readonly now?: number | undefined;
  /** Only says what would be deleted. */
  readonly dryRun?: boolean | undefined;
}

/** What a garbage collection did. */
export interface GarbageReport {
  /** False where the store cannot list what it has: then nothing was looked at. */
  readonly ran: boolean;
  readonly dryRun: boolean;
  /** Blobs that no root names. */
  readonly candidates: number;
  /** Those of them that were deleted, or would have been. */
  readonly deleted: number;
  /** Those of them that are too young. A blob whose age the store cannot tell is, unless the grace is 0. */
  readonly keptWithinGrace: number;
  /** Bytes of what was deleted, or would have been. */
  readonly bytesReclaimed: number;
  /** What could not be deleted, and why. The rest was. */
  readonly errors: readonly BlobProblem[];
}

/**
 * Deletes the blobs that no root names and that nobody wrote, or found, within the grace.
 *
 * The grace is what protects a writer that has put its blobs and not yet what names them: it must be longer than the
 * longest such writer takes. Just before a blob is deleted its age is looked at once more.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option, or a grace that is not a number of seconds. Errors of listing the store
 *   are thrown; those of single blobs are in the report.
 */
export async function collectGarbage(options: CollectGarbageOptions): Promise<GarbageReport> {
  checkOptions('collectGarbage', options, ['blobs', 'roots', 'graceSeconds', 'now', 'dryRun', ...operationKeys]);
  const { blobs, graceSeconds = 24 * 60 * 60, now = Date.now(), dryRun = false } = options;
  if (!(graceSeconds >= 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `graceSeconds is ${String(graceSeconds)}, expected 0 or more`, {
      argument: 'graceSeconds',
    });
  }
  return reported({ verb: 'gc', name: blobs.id }, options, async (report) => {
    const sweep = new Sweep(blobs, { youngest: now - graceSeconds * 1000, always: graceSeconds === 0, dryRun });
    if (!blobs.abilities.list) return sweep.report(false);
    const reachable = await collect(options.roots, options.signal);
    for await (const blob of blobs.list(report.options)) {
      if (reachable.has(blob.digest)) continue;
      await sweep.candidate(blob, report.options);
      report.progress(sweep.bytesReclaimed);
    }
    return sweep.report(true);
  });
}

async function collect(
  roots: Iterable<Digest> | AsyncIterable<Digest>,
  signal: AbortSignal | undefined,
): Promise<Set<Digest>> {
  const reachable = new Set<Digest>();
  for await (const digest of roots) {
    signal?.throwIfAborted();
    reachable.add(digest);
  }
  return reachable;
}

interface SweepRules {
  /** Blobs from this time on stay; milliseconds since 1970. */
  readonly youngest: number;
  /** Without a grace the age does not count. */
  readonly always: boolean;
  readonly dryRun: boolean;
}

class Sweep {
  readonly #blobs: BlobStore;
  readonly #rules: SweepRules;
  readonly #errors: BlobProblem[] = [];
  #candidates = 0;
  #deleted = 0;
  #kept = 0;
  bytesReclaimed = 0;

  constructor(blobs: BlobStore, rules: SweepRules) {
    this.#blobs = blobs;
    this.#rules = rules;
  }

  /** Deals with one blob that nobody names. What goes wrong with it is noted, and the next one has its turn. */
  async candidate(blob: BlobStat, options: OperationOptions): Promise<void> {
    this.#candidates++;
    try {
      if (this.#isYoung(blob)) this.#kept++;
      else if (this.#rules.dryRun || (await this.#delete(blob, options))) this.#count(blob);
    } catch (error) {
      options.signal?.throwIfAborted();
      this.#errors.push(problemOf(blob.digest, error));
    }
  }

  async #delete({ digest }: BlobStat, options: OperationOptions): Promise<boolean> {
    const again = await this.#blobs.stat(digest, options);
    if (again === undefined || !this.#isYoung(again)) return this.#blobs.delete(digest, options);
    this.#kept++;
    return false;
  }

  #isYoung({ modifiedAt = Infinity }: BlobStat): boolean {
    return !this.#rules.always && modifiedAt > this.#rules.youngest;
  }

  #count({ size }: BlobStat): void {
    this.#deleted++;
    this.bytesReclaimed += size;
  }

  report(ran: boolean): GarbageReport {
    return {
      ran,
      dryRun: this.#rules.dryRun,
      candidates: this.#candidates,
      deleted: this.#deleted,
      keptWithinGrace: this.#kept,
      bytesReclaimed: this.bytesReclaimed,
      errors: this.#errors,
    };
  }
}
