import type { Digest } from '../../digest/index.ts';
import { collectGarbage, type GarbageReport } from '../../store/index.ts';
import { numberFlag, switchFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { openFolder } from '../open-location.ts';

/** What `packwright gc` takes. */
export interface GcCommandOptions {
  readonly reference: string;
  /** Blobs that were written, or found present by a writer, within so many seconds stay. 24 hours by default. */
  readonly graceSeconds?: number | undefined;
  /** Tells what would be deleted, and deletes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Deletes the blobs of a layout that nothing in its index leads to. Writers of tags wait meanwhile. */
export function gcCommand(options: GcCommandOptions, context: CommandContext): Promise<GarbageReport> {
  const { layout } = openFolder(options.reference, context);
  const { graceSeconds, dryRun } = options;
  const { operation } = context;
  return layout.exclusively(
    () =>
      collectGarbage({
        blobs: layout.blobs,
        roots: digestsOf(layout.reachable(operation)),
        graceSeconds,
        dryRun,
        now: context.now(),
        ...operation,
      }),
    operation,
  );
}

async function* digestsOf(descriptors: AsyncIterable<{ readonly digest: Digest }>): AsyncGenerator<Digest> {
  for await (const { digest } of descriptors) yield digest;
}

/** `packwright gc`. */
export const gcSpec: CommandSpec = {
  name: 'gc',
  summary: 'delete the blobs of a layout that nothing leads to',
  arguments: [{ name: 'ref', summary: 'oci:DIR' }],
  flags: [
    {
      flags: '--grace <seconds>',
      summary: 'keep what was written within so many seconds; 86400 by default',
      kind: 'count',
    },
    { flags: '--no-grace', summary: 'keep nothing: only when nobody writes', kind: 'switch' },
    { flags: '--dry-run', summary: 'tell what would be deleted, and delete nothing', kind: 'switch' },
  ],
  examples: ['packwright gc oci:packs --dry-run'],
  async run([reference = ''], flags, context) {
    const graceSeconds = flags['grace'] === false ? 0 : numberFlag(flags, 'grace');
    const report = await gcCommand({ reference, graceSeconds, dryRun: switchFlag(flags, 'dryRun') }, context);
    const verb = report.dryRun ? 'would delete' : 'deleted';
    const text = `${verb} ${report.deleted} of ${report.candidates} blobs that nothing leads to, ${formatBytes(report.bytesReclaimed)}; ${report.keptWithinGrace} are too young\n`;
    const problems = report.errors.map(({ digest, message }) => `${digest}: ${message}\n`).join('');
    return { json: report, text: text + problems, exitCode: report.errors.length === 0 ? 0 : 1 };
  },
};
