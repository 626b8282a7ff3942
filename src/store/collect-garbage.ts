import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { reported, type Report } from '../ports/report.ts';
import { problemOf, type BlobProblem } from './blob-problem.ts';
import { markedDigests } from './garbage-marks.ts';
import { oldestLease } from './leases.ts';
import { MarkedSweep, type MarkVerdict } from './marked-sweep.ts';

/** What is collected, and what is kept. */
export interface CollectGarbageOptions extends OperationOptions {
  readonly blobs: BlobStore;
  /**
   * Every digest that must stay. Read to its end before anything is deleted; when it fails, nothing is. Beside writers
   * that hold leases it must be what is named now: an iterable that looks when it is read, not a list of an hour ago.
   */
  readonly roots: Iterable<Digest> | AsyncIterable<Digest>;
  /**
   * Where marks are kept, and the leases of writers: see `leasedBlobStore`. With it the grace counts from when a sweep
   * first saw that nothing names the blob, whatever the age of its bytes.
   */
  readonly records?: RecordStore | undefined;
  /**
   * How long a blob stays, in seconds; 24 hours by default. It counts from when it was last written or last found by a
   * writer, and with `records` from when it was first seen unnamed after that.
   */
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
  /** With `records`: blobs that were marked now. They are among those kept within the grace. */
  readonly marked?: number | undefined;
  /** With `records`: blobs that stay as a writer holds a lease from before they were marked. */
  readonly keptForLeases?: number | undefined;
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
 * With `records` a blob is marked first, and deleted by a later run, when it has been marked for as long as the grace
 * and no writer holds a lease from before the mark. Several sweeps may run at once. A grace of 0 deletes in one run, and
 * is for when nobody writes. A sweep that is killed while it deletes a blob has that one for 5 minutes more: other sweeps
 * leave it alone, and a `leasedBlobStore` that puts it waits.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option, a grace that is not a number of seconds, or a time
 *   that is none; `ERR_INVALID_DIGEST` for a root that is no digest, before anything is deleted. Errors of listing the
 *   store are thrown; those of single blobs are in the report.
 */
export async function collectGarbage(options: CollectGarbageOptions): Promise<GarbageReport> {
  checkOptions('collectGarbage', options, known);
  const { blobs, records, graceSeconds = 24 * 60 * 60, now = Date.now(), dryRun = false } = options;
  checkTime('graceSeconds', graceSeconds >= 0, graceSeconds);
  checkTime('now', Number.isFinite(now), now);
  return reported({ verb: 'gc', name: blobs.id }, options, async (report) => {
    const grace = graceSeconds * 1000;
    const marks = records !== undefined;
    const sweep = new Sweep(blobs, { youngest: now - grace, always: graceSeconds === 0, dryRun, marks });
    if (!blobs.abilities.list) return sweep.report(false);
    // Before the roots: what a writer names whose lease is over by now is among them.
    const leased = records && (await oldestLease(records, now, { ...report.options, dryRun }));
    const reachable = await collect(options.roots, options.signal);
    if (records === undefined || leased === undefined) await sweepByAge(sweep, reachable, report);
    else {
      const rules = { now: clockFrom(now), grace, oldestLease: leased, dryRun };
      await sweepByMarks(sweep, new MarkedSweep(blobs, records, rules), { reachable, records, report });
    }
    return sweep.report(true);
  });
}

function checkTime(argument: string, holds: boolean, value: unknown): void {
  if (holds) return;
  const expected = argument === 'now' ? 'milliseconds since 1970' : '0 or more';
  throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is ${String(value)}, expected ${expected}`, { argument });
}

/** A clock that shows the time given now. */
function clockFrom(now: number): () => number {
  const begun = Date.now();
  return () => now + Date.now() - begun;
}

const known = ['blobs', 'records', 'roots', 'graceSeconds', 'now', 'dryRun', ...operationKeys];

async function sweepByAge(sweep: Sweep, reachable: ReadonlySet<Digest>, report: Report): Promise<void> {
  for await (const blob of sweep.blobs.list(report.options)) {
    if (reachable.has(blob.digest)) continue;
    await sweep.candidate(blob, report.options);
    report.progress(sweep.bytesReclaimed);
  }
}

async function sweepByMarks(
  sweep: Sweep,
  marks: MarkedSweep,
  state: { readonly reachable: ReadonlySet<Digest>; readonly records: RecordStore; readonly report: Report },
): Promise<void> {
  const { reachable, records, report } = state;
  const stale = await markedDigests(records, report.options);
  for await (const blob of sweep.blobs.list(report.options)) {
    if (reachable.has(blob.digest)) continue;
    stale.delete(blob.digest);
    await sweep.judge(blob, () => marks.candidate(blob, report.options), report.options);
    report.progress(sweep.bytesReclaimed);
  }
  for (const digest of stale) await marks.unmark(digest, report.options);
}

async function collect(
  roots: Iterable<Digest> | AsyncIterable<Digest>,
  signal: AbortSignal | undefined,
): Promise<Set<Digest>> {
  const reachable = new Set<Digest>();
  for await (const digest of roots) {
    signal?.throwIfAborted();
    if (!isDigest(digest)) throw noRoot(digest);
    reachable.add(digest);
  }
  return reachable;
}

/** What is no digest keeps no blob: descriptors in their place would empty the store. */
function noRoot(root: unknown): UsageError {
  const said = typeof root === 'string' ? JSON.stringify(root.slice(0, 160)) : `of type ${typeof root}`;
  return new UsageError('ERR_INVALID_DIGEST', `root ${said} is no digest`, { argument: 'roots' });
}

interface SweepRules {
  /** Blobs from this time on stay; milliseconds since 1970. */
  readonly youngest: number;
  /** Without a grace the age does not count. */
  readonly always: boolean;
  readonly dryRun: boolean;
  /** True where marks decide, not the age. */
  readonly marks: boolean;
}

class Sweep {
  readonly blobs: BlobStore;
  readonly #rules: SweepRules;
  readonly #errors: BlobProblem[] = [];
  #candidates = 0;
  #deleted = 0;
  #kept = 0;
  #marked = 0;
  #leased = 0;
  bytesReclaimed = 0;

  constructor(blobs: BlobStore, rules: SweepRules) {
    this.blobs = blobs;
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

  /** The same by marks, which say themselves what becomes of the blob. */
  async judge(blob: BlobStat, verdict: () => Promise<MarkVerdict>, options: OperationOptions): Promise<void> {
    this.#candidates++;
    try {
      this.#note(blob, await verdict());
    } catch (error) {
      options.signal?.throwIfAborted();
      this.#errors.push(problemOf(blob.digest, error));
    }
  }

  #note(blob: BlobStat, verdict: MarkVerdict): void {
    if (verdict === 'deleted') this.#count(blob);
    if (verdict === 'marked') this.#marked++;
    if (verdict === 'marked' || verdict === 'young') this.#kept++;
    if (verdict === 'leased') this.#leased++;
  }

  async #delete({ digest }: BlobStat, options: OperationOptions): Promise<boolean> {
    const again = await this.blobs.stat(digest, options);
    if (again === undefined || !this.#isYoung(again)) return this.blobs.delete(digest, options);
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
      ...(this.#rules.marks ? { marked: this.#marked, keptForLeases: this.#leased } : {}),
      bytesReclaimed: this.bytesReclaimed,
      errors: this.#errors,
    };
  }
}
