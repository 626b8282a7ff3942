import type { Descriptor } from '../../oci/index.ts';
import type { BlobStore } from '../../ports/index.ts';
import { auditBlobs, type AuditReport } from '../../store/index.ts';
import { listFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { openFolder } from '../open-location.ts';
import type { OpenStore } from '../open-store.ts';
import { registryRootsOf, withStore } from '../registry-store.ts';
import { checkStore, isStoreText, oneStore, storeArgument, storeFlag } from '../store-argument.ts';
import { formatTable } from '../table.ts';

/** What `packwright audit` takes. */
export interface AuditCommandOptions {
  /** `oci:DIR`, or the store of a registry: `fs:DIR`, `s3://BUCKET/PREFIX`, `postgres://USER@HOST/DATABASE`. */
  readonly reference: string;
  /** Layouts and stores that good bytes are taken from, the first that has them first. */
  readonly repairFrom?: readonly string[] | undefined;
  /** Reads, and repairs nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Reads every byte of a layout or a store and compares it with what names it. Changes nothing, unless it is told what to
 * repair from.
 *
 * @throws FormatError, StoreError where the index or the records cannot be read; UsageError for a store without
 * repositories. A damaged manifest is in the report.
 */
export async function auditCommand(options: AuditCommandOptions, context: CommandContext): Promise<AuditReport> {
  const { reference, repairFrom = [], dryRun = false } = options;
  return withBlobs(dryRun ? [] : repairFrom, context, async (sources) => {
    const repairing = sources.length === 0 ? {} : { repairFrom: sources };
    if (isStoreText(reference)) {
      return withStore(reference, context, async (store) => {
        const reachable = await namedIn(store, context);
        return auditBlobs({ blobs: store.blobs, reachable, ...repairing, ...context.operation });
      });
    }
    const { layout } = openFolder(reference, context);
    const reachable: Descriptor[] = [];
    for await (const descriptor of layout.reachable({ ...context.operation, skipDamaged: true }))
      reachable.push(descriptor);
    return auditBlobs({ blobs: layout.blobs, reachable, ...repairing, ...context.operation });
  });
}

/** Opens the stores that bytes are taken from, and closes them at the end. */
async function withBlobs<T>(
  [first, ...others]: readonly string[],
  context: CommandContext,
  work: (stores: readonly BlobStore[]) => Promise<T>,
): Promise<T> {
  if (first === undefined) return work([]);
  const rest = (blobs: BlobStore): Promise<T> => withBlobs(others, context, (stores) => work([blobs, ...stores]));
  return isStoreText(first)
    ? withStore(first, context, ({ blobs }) => rest(blobs))
    : rest(openFolder(first, context).layout.blobs);
}

/** Each blob with every size that it is named with. */
async function namedIn(store: OpenStore, context: CommandContext): Promise<readonly Descriptor[]> {
  const sized = new Map<string, Descriptor>();
  const held = new Set<Descriptor['digest']>();
  for await (const { digest, size, mediaType = unknownType } of await registryRootsOf(store, context.operation, true)) {
    if (size === undefined) held.add(digest);
    else sized.set(`${digest} ${size}`, { mediaType, digest, size });
  }
  for (const { digest } of sized.values()) held.delete(digest);
  for (const digest of held) {
    // What a repository held and no manifest names may be gone: whoever asks is told so, and puts it again.
    const stat = await store.blobs.stat(digest, context.operation);
    if (stat !== undefined) sized.set(digest, { mediaType: unknownType, digest, size: stat.size });
  }
  return [...sized.values()];
}

const unknownType = 'application/octet-stream';

/** `packwright audit`. */
export const auditSpec: CommandSpec = {
  name: 'audit',
  summary: 'check every byte of a layout or of the store of a registry; exit code 30 where something is wrong',
  arguments: [storeArgument],
  flags: [
    storeFlag,
    {
      flags: '--repair-from <store>',
      summary: 'take good bytes from this layout or store; may be given again',
      kind: 'many',
    },
    { flags: '--dry-run', summary: 'read, and repair nothing', kind: 'switch' },
  ],
  examples: ['packwright audit oci:packs', 'packwright audit --store fs:registry --repair-from s3://bucket/team'],
  async run([typed], flags, context) {
    const reference = oneStore(typed, textFlag(flags, 'store'));
    const repairFrom = listFlag(flags, 'repairFrom')?.map(checkStore);
    const report = await auditCommand({ reference, repairFrom, dryRun: switchFlag(flags, 'dryRun') }, context);
    return { json: report, text: describe(report), exitCode: report.ok ? 0 : 30 };
  },
};

function describe(report: AuditReport): string {
  const problems = formatTable([
    ...report.missing.map(({ digest }) => ['missing', digest, '']),
    ...report.corrupt.map(({ digest, message }) => ['corrupt', digest, message]),
    ...report.wrongSize.map(({ digest, expected, actual }) => [
      'wrong size',
      digest,
      `${actual} bytes, expected ${expected}`,
    ]),
    ...report.unreadable.map(({ digest, message }) => ['unreadable', digest, message]),
    ...(report.repaired ?? []).map(({ digest, was, from }) => ['repaired', digest, `was ${was}, from ${from}`]),
  ]);
  const verdict = report.ok ? 'whole' : 'damaged';
  return `${problems}${verdict}: ${report.checked} blobs, ${formatBytes(report.bytes)} read, ${report.orphans.length} that nothing leads to\n`;
}
