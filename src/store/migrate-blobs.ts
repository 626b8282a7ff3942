import { checkCount, checkOptions, operationKeys } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { reported, type Report } from '../ports/report.ts';
import { flipActive } from './active-record.ts';
import type { BlobProblem } from './blob-problem.ts';
import { DoneMarks } from './done-marks.ts';
import { checkSegment } from './json-record.ts';
import { Migration } from './migration.ts';
import { openMigration, type MigrationNames, type MigrationState } from './migration-state.ts';
import { previewMigration } from './preview-migration.ts';
import { refuseSameStore } from './refuse-same-store.ts';

/** What is moved, and how. */
export interface MigrateBlobsOptions extends OperationOptions {
  readonly from: BlobStore;
  readonly to: BlobStore;
  /**
   * Where the migration keeps its state, so that a run after a kill goes on, and the record that says which store is
   * active. Without it each run looks at every blob, and nothing is flipped.
   */
  readonly records?: RecordStore | undefined;
  /** Names the set of blobs that moves, in `records`: letters, digits, `-`, `_` and `.`; `blobs` by default. */
  readonly id?: string | undefined;
  /** What the stores are called in the record of the active store; their ids by default. */
  readonly names?: MigrationNames | undefined;
  /** Blobs at a time; 8 by default. */
  readonly concurrency?: number | undefined;
  /** Deletes from the source what was read back from the target, when everything was, and after the flip. */
  readonly deleteSource?: boolean | undefined;
  /** Only says what would be copied: reads no blob, writes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a migration did. The numbers are those of this run. */
export interface MigrationReport {
  /** True when the target has every blob of the source, read back to its end, and the active store was flipped. */
  readonly complete: boolean;
  readonly dryRun: boolean;
  /** Blobs that were copied, or would be. */
  readonly copied: number;
  /** Blobs that the target had already, with the right bytes. */
  readonly present: number;
  /** Blobs that were read back from the target to their end. */
  readonly verified: number;
  /** Blobs that a former run of the same migration was done with. */
  readonly resumed: number;
  /** Blobs that were deleted from the source. */
  readonly deleted: number;
  /** Bytes that were read from the source. */
  readonly bytes: number;
  /** True when this run made the target the active store. */
  readonly flipped: boolean;
  /** What could not be moved or deleted, and why. The rest was; nothing is flipped and nothing deleted before all is copied. */
  readonly errors: readonly BlobProblem[];
}

const known = ['from', 'to', 'records', 'id', 'names', 'concurrency', 'deleteSource', 'dryRun', ...operationKeys];

/**
 * Copies every blob of a store into another one, and reads each one back.
 *
 * What the target has already is read, too, and replaced where it is damaged. When a whole pass over the source finds
 * nothing new, one compare-and-set makes the target the active store; what was put into the source meanwhile is copied
 * after that. `activeBlobStore` reads and writes by that record. With `deleteSource` a blob leaves the source only
 * after the flip, and only when it was read back from the target. After a kill at any point, the source is whole or the
 * target is, and the next run with the same `records` goes on: it reads again only what the killed one was at.
 *
 * The digests of all blobs are held in memory.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options, and with `deleteSource` for stores that are one under two
 *   names (found out where both take ingests); `ERR_UNSUPPORTED` for a source that cannot list.
 *   StoreError where a store cannot be listed or records fail, `ERR_CONFLICT` where another migration is under way or a
 *   third store is active. What goes wrong with single blobs is in the report.
 */
export async function migrateBlobs(options: MigrateBlobsOptions): Promise<MigrationReport> {
  checkOptions('migrateBlobs', options, known);
  const plan = planOf(options);
  const name = `${plan.names.from} to ${plan.names.to}`;
  return reported({ verb: 'migrate', name }, options, (report) =>
    options.dryRun === true ? previewMigration(options.from, options.to, report.options) : migrate(plan, report),
  );
}

interface Plan extends MigrateBlobsOptions {
  readonly id: string;
  readonly names: MigrationNames;
  readonly concurrency: number;
}

function planOf(options: MigrateBlobsOptions): Plan {
  const { from, to, names = { from: from.id, to: to.id } } = options;
  if (!from.abilities.list) {
    throw new UsageError('ERR_UNSUPPORTED', `store ${from.id} cannot list its blobs`, { argument: 'from' });
  }
  checkOptions('names', names, ['from', 'to']);
  if (typeof names.from !== 'string' || typeof names.to !== 'string') {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'names are not those of two stores', { argument: 'names' });
  }
  if (options.records !== undefined && names.from === names.to) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `stores have one name, ${JSON.stringify(names.to)}`, {
      argument: 'names',
      hint: 'name them: names: { from, to }',
    });
  }
  const id = checkSegment('id', options.id ?? 'blobs');
  return { ...options, id, names, concurrency: checkCount('concurrency', options.concurrency, 8) };
}

async function migrate(plan: Plan, report: Report): Promise<MigrationReport> {
  const { records, id, names } = plan;
  const operation = report.options;
  if (plan.deleteSource === true) await refuseSameStore(plan, names, operation);
  const state = records && (await openMigration(records, id, names, operation));
  const marks = records && state && (await DoneMarks.load(records, state.prefix, operation));
  const migration = new Migration({ ...plan, report, marks });
  if (marks !== undefined) await migration.checkMarks();
  await migration.copyUntilNothingIsNew();
  if (migration.hasFailed()) return migration.report(false);
  if (records !== undefined) {
    migration.flipped = await flipActive(records, id, names, operation);
    // Who put a blob just before the flip put it into the source.
    await migration.copyPass();
    if (migration.hasFailed()) return migration.report(false);
  }
  if (plan.deleteSource === true) await migration.emptySource(state);
  if (migration.hasFailed()) return migration.report(true);
  await finish(state, marks);
  return migration.report(true);
}

async function finish(state: MigrationState | undefined, marks: DoneMarks | undefined): Promise<void> {
  // In this order: notes without a migration do no harm, a migration without its notes reads everything again.
  await state?.end();
  await marks?.clear();
}
