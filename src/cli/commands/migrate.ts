import { UsageError } from '../../errors.ts';
import { migrateBlobs, type MigrationReport } from '../../store/index.ts';
import { numberFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { openStore, refuseMissingFolder } from '../open-store.ts';

/** What `packwright migrate` takes. */
export interface MigrateCommandOptions {
  /** `fs:DIR`, `s3://BUCKET/PREFIX` or `postgres://USER@HOST/DATABASE`. */
  readonly from: string;
  readonly to: string;
  /** Names the migration; `blobs` by default. */
  readonly id?: string | undefined;
  /** Blobs at a time; 8 by default. */
  readonly concurrency?: number | undefined;
  /** Deletes from the source what was read back from the target, when everything was. */
  readonly deleteSource?: boolean | undefined;
  /** Only says what would be copied. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Copies all blobs of a store into another, reads each back, and makes the target the active store. The state is kept in
 * the records of the target, so that a run after a kill goes on.
 *
 * @throws UsageError for what names no store, and one store twice; StoreError where one cannot be used, or the folder to
 * copy from is not there.
 */
export async function migrateCommand(
  options: MigrateCommandOptions,
  context: CommandContext,
): Promise<MigrationReport> {
  const { id, concurrency, deleteSource, dryRun } = options;
  const from = await openStore(options.from, context);
  try {
    const to = await openStore(options.to, context);
    try {
      await refuseMissingFolder(options.from, context.cwd);
      if (from.id === to.id) throw oneStore(from.id);
      return await migrateBlobs({
        from: from.blobs,
        to: to.blobs,
        records: to.records,
        names: { from: from.id, to: to.id },
        ...{ id, concurrency, deleteSource, dryRun },
        ...context.operation,
      });
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

function oneStore(id: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `both stores are ${id}`, {
    argument: 'to',
    hint: 'name the store that the blobs go to',
  });
}

/** `packwright migrate`. */
export const migrateSpec: CommandSpec = {
  name: 'migrate',
  summary: 'copy all blobs of a store into another, read each back, and go on after a kill',
  arguments: [
    { name: 'from', summary: 'fs:DIR, s3://BUCKET/PREFIX or postgres://USER@HOST/DATABASE' },
    { name: 'to', summary: 'the same' },
  ],
  flags: [
    { flags: '--id <name>', summary: 'names the migration; blobs by default' },
    { flags: '--concurrency <n>', summary: 'blobs at a time; 8 by default', kind: 'count' },
    { flags: '--delete-source', summary: 'delete from the source what was read back from the target', kind: 'switch' },
    { flags: '--dry-run', summary: 'tell what would be copied, and copy nothing', kind: 'switch' },
  ],
  examples: ['packwright migrate fs:blobs s3://bucket/team --delete-source'],
  async run([from = '', to = ''], flags, context) {
    const report = await migrateCommand(
      {
        from,
        to,
        id: textFlag(flags, 'id'),
        concurrency: numberFlag(flags, 'concurrency'),
        deleteSource: switchFlag(flags, 'deleteSource'),
        dryRun: switchFlag(flags, 'dryRun'),
      },
      context,
    );
    const { copied, present, resumed, deleted, bytes, errors } = report;
    const verb = report.dryRun ? 'would copy' : 'copied';
    const text = `${verb} ${copied} blobs, ${formatBytes(bytes)}; ${present} were there, ${resumed} done before; deleted ${deleted} from the source\n`;
    const problems = errors.map(({ digest, message }) => `${digest}: ${message}\n`).join('');
    return { json: report, text: text + problems, exitCode: errors.length === 0 ? 0 : 1 };
  },
};
