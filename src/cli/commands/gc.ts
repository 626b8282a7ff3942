import type { Digest } from '../../digest/index.ts';
import { collectGarbage, type GarbageReport } from '../../store/index.ts';
import { releaseUnnamedBlobs, type RegistryRoot, type ReleasedBlob } from '../../registry/index.ts';
import { numberFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { openFolder } from '../open-location.ts';
import { registryRootsOf, withStore } from '../registry-store.ts';
import { isStoreText, oneStore, storeArgument, storeFlag } from '../store-argument.ts';

/** What `packwright gc` takes. */
export interface GcCommandOptions {
  /** `oci:DIR`, or the store of a registry: `fs:DIR`, `s3://BUCKET/PREFIX`, `postgres://USER@HOST/DATABASE`. */
  readonly reference: string;
  /** Blobs that were written, or found present by a writer, within so many seconds stay. 24 hours by default. */
  readonly graceSeconds?: number | undefined;
  /** Tells what would be deleted, and deletes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a garbage collection did. */
export interface GcCommandReport extends GarbageReport {
  /** For the store of a registry: blobs that repositories held, and let go as no manifest of theirs names them. */
  readonly released?: number | undefined;
}

/**
 * Deletes the blobs of a layout that nothing in its index leads to, while writers of tags wait; or those of a store that
 * no repository of its registry names. There a blob is marked first, and deleted by a run after the grace.
 *
 * @throws UsageError for a store without repositories: nothing says what must stay.
 */
export function gcCommand(options: GcCommandOptions, context: CommandContext): Promise<GcCommandReport> {
  if (isStoreText(options.reference)) return sweepStore(options, context);
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

function sweepStore(options: GcCommandOptions, context: CommandContext): Promise<GcCommandReport> {
  const { graceSeconds, dryRun } = options;
  const { operation } = context;
  return withStore(options.reference, context, async (store) => {
    const { blobs, records } = store;
    const rules = { blobs, records, graceSeconds, dryRun, now: context.now(), ...operation };
    const roots = await registryRootsOf(store, operation);
    const letGo = new Set<string>();
    const onReleased = (blob: ReleasedBlob): unknown => dryRun === true && letGo.add(keyOf(blob));
    const { released } = await releaseUnnamedBlobs({ ...rules, onReleased });
    const report = await collectGarbage({ ...rules, roots: digestsOf(without(letGo, roots)) });
    return { ...report, released };
  });
}

/** What a dry run would have let go is held by nobody, as after the real one. */
async function* without(letGo: ReadonlySet<string>, roots: AsyncIterable<RegistryRoot>): AsyncGenerator<RegistryRoot> {
  for await (const root of roots) if (root.size !== undefined || !letGo.has(keyOf(root))) yield root;
}

function keyOf({ repository, digest }: ReleasedBlob): string {
  return `${repository} ${digest}`;
}

async function* digestsOf(descriptors: AsyncIterable<{ readonly digest: Digest }>): AsyncGenerator<Digest> {
  for await (const { digest } of descriptors) yield digest;
}

/** `packwright gc`. */
export const gcSpec: CommandSpec = {
  name: 'gc',
  summary: 'delete the blobs of a layout, or of the store of a registry, that nothing leads to',
  arguments: [storeArgument],
  flags: [
    storeFlag,
    {
      flags: '--grace <seconds>',
      summary: 'keep what was written within so many seconds; 86400 by default',
      kind: 'count',
    },
    { flags: '--no-grace', summary: 'keep nothing: only when nobody writes', kind: 'switch' },
    { flags: '--dry-run', summary: 'tell what would be deleted, and delete nothing', kind: 'switch' },
  ],
  examples: ['packwright gc oci:packs --dry-run', 'packwright gc --store s3://bucket/team'],
  async run([typed], flags, context) {
    const reference = oneStore(typed, textFlag(flags, 'store'));
    const graceSeconds = flags['grace'] === false ? 0 : numberFlag(flags, 'grace');
    const report = await gcCommand({ reference, graceSeconds, dryRun: switchFlag(flags, 'dryRun') }, context);
    return { json: report, text: describe(report), exitCode: report.errors.length === 0 ? 0 : 1 };
  },
};

function describe(report: GcCommandReport): string {
  const { dryRun, deleted, candidates, bytesReclaimed, keptWithinGrace, keptForLeases = 0, released = 0 } = report;
  const verb = dryRun ? 'would delete' : 'deleted';
  const leased = keptForLeases === 0 ? '' : `, ${keptForLeases} stay for writers`;
  const text = `${verb} ${deleted} of ${candidates} blobs that nothing leads to, ${formatBytes(bytesReclaimed)}; ${keptWithinGrace} are too young${leased}\n`;
  const letGo = released === 0 ? '' : `repositories ${dryRun ? 'would let' : 'let'} go of ${released} blobs\n`;
  return letGo + text + report.errors.map(({ digest, message }) => `${digest}: ${message}\n`).join('');
}
