import type { Layout } from '../../adapters/registry/layout.ts';
import { isManifestMediaType, type Descriptor } from '../../oci/index.ts';
import type { BlobStore } from '../../ports/index.ts';
import { auditBlobs, type AuditReport, type RepairedBlob } from '../../store/index.ts';
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
  return withBlobs(dryRun ? [] : repairFrom, context, (sources) => {
    if (isStoreText(reference)) {
      return withStore(reference, context, (store) =>
        auditNamed({ blobs: store.blobs, named: () => namedIn(store, context), sources }, context),
      );
    }
    const { layout } = openFolder(reference, context);
    return auditNamed({ blobs: layout.blobs, named: () => namedInLayout(layout, context), sources }, context);
  });
}

interface Audited {
  readonly blobs: BlobStore;
  /** Everything that must be there, as far as it can be read now. */
  readonly named: () => Promise<readonly Descriptor[]>;
  readonly sources: readonly BlobStore[];
}

/** Audits once more after a manifest was repaired: what it names could not be known before. */
async function auditNamed({ blobs, named, sources }: Audited, context: CommandContext): Promise<AuditReport> {
  const repairing = sources.length === 0 ? {} : { repairFrom: sources };
  const repaired = new Map<string, RepairedBlob>();
  for (;;) {
    const reachable = await named();
    const report = await auditBlobs({ blobs, reachable, ...repairing, ...context.operation });
    const manifests = new Set(reachable.filter(isManifest).map(({ digest }) => digest));
    const known = repaired.size;
    const again = (report.repaired ?? []).some(({ digest }) => manifests.has(digest) && !repaired.has(digest));
    for (const blob of report.repaired ?? []) repaired.set(blob.digest, blob);
    if (!again) return known === 0 ? report : { ...report, repaired: [...repaired.values()] };
  }
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestMediaType(mediaType);
}

async function namedInLayout(layout: Layout, { operation }: CommandContext): Promise<readonly Descriptor[]> {
  const all: Descriptor[] = [];
  for await (const descriptor of layout.reachable({ ...operation, skipDamaged: true })) all.push(descriptor);
  return all;
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
