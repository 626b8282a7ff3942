import { commandService } from '../service.ts';
import type { BundleClaim } from '../../pack/bundle-claims.ts';
import type { Inspection } from '../../pack/inspect.ts';
import { switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { sourceLocation } from '../open-location.ts';
import { formatTable } from '../table.ts';

/** What `packwright inspect` takes. */
export interface InspectCommandOptions {
  readonly reference: string;
  /** Looks into an index: `os/architecture[/variant]`. */
  readonly platform?: string | undefined;
}

/** Reads what a pack says of itself: manifest, lock, entries, referrers, what bundles claim. No artifact is read. */
export async function inspectCommand(options: InspectCommandOptions, context: CommandContext): Promise<Inspection> {
  const source = await sourceLocation(options.reference, context);
  return commandService(context).inspect(source, { platform: options.platform, ...context.operation });
}

/** `packwright inspect`. */
export const inspectSpec: CommandSpec = {
  name: 'inspect',
  summary: 'show what a pack says of itself',
  arguments: [{ name: 'ref', summary: 'what to look at' }],
  flags: [
    { flags: '--raw', summary: 'print the manifest as it came, byte for byte', kind: 'switch' },
    { flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' },
  ],
  registries: true,
  examples: ['packwright inspect oci:packs:1.0', 'packwright inspect --raw oci:packs:1.0'],
  async run([reference = ''], flags, context) {
    const found = await inspectCommand({ reference, platform: textFlag(flags, 'platform') }, context);
    const { bytes, ...json } = found;
    return { json, text: switchFlag(flags, 'raw') ? bytes : describe(found) };
  },
};

function describe(found: Inspection): string {
  const { descriptor, lock, entries, referrers } = found;
  const head = formatTable([
    ['digest', descriptor.digest],
    ['media type', descriptor.mediaType],
    ...(found.artifactType === undefined ? [] : [['artifact type', found.artifactType]]),
    ['size', formatBytes(found.size)],
    ...(lock === undefined ? [] : [['lock', `${lock.source.path} (${lock.source.format}) ${lock.source.digest}`]]),
    ['entries', String(entries.length)],
    ...(referrers === undefined ? [] : [['referrers', `${referrers.referrers.length} (from: ${referrers.from})`]]),
  ]);
  return [head, entryTable(found), skippedTable(found), referrerTable(found), bundleTable(found)]
    .filter((part) => part !== '')
    .join('\n');
}

function entryTable({ entries, manifest }: Inspection): string {
  if ('manifests' in manifest) {
    return formatTable(manifest.manifests.map(({ digest, mediaType, size }) => [digest, formatBytes(size), mediaType]));
  }
  return formatTable(entries.map((entry) => [entry.digest, formatBytes(entry.size), entry.path]));
}

function skippedTable({ lock }: Inspection): string {
  return formatTable((lock?.skipped ?? []).map(({ path, reason }) => ['not packed', reason, path]));
}

function referrerTable({ referrers }: Inspection): string {
  const rows = referrers?.referrers ?? [];
  return formatTable(rows.map(({ digest, artifactType }) => ['referrer', digest, artifactType ?? '']));
}

/** What the bundles say of themselves. Whoever reads it is told that nobody has verified it. */
function bundleTable({ bundles }: Inspection): string {
  if (bundles === undefined || bundles.claims.length + bundles.unread.length === 0) return '';
  const claimed = bundles.claims.map((claim) => [
    `bundle ${claim.origin}`,
    claim.mediaType,
    claim.predicateType ?? (claim.content === 'message' ? 'signature' : 'statement that cannot be read'),
    claimedSigner(claim),
  ]);
  const unread = bundles.unread.map(({ origin, code, message }) => [
    `bundle ${origin}`,
    'cannot be read',
    code,
    message,
  ]);
  const count = bundles.claims.length + bundles.unread.length;
  return `bundles: ${count}, not verified; what they claim:\n${formatTable([...claimed, ...unread])}`;
}

function claimedSigner({ identity, issuer, keyHint }: BundleClaim): string {
  if (keyHint !== undefined) return `a key${keyHint === '' ? '' : ` with the hint ${keyHint}`}`;
  return `${identity ?? 'nobody'} (${issuer ?? 'no issuer'})`;
}
