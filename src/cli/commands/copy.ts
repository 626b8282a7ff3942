import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { layoutArchiveStream, type LayoutArchiveRoot } from '../../adapters/registry/layout.ts';
import { commandService } from '../service.ts';
import type { CopyResult } from '../../pack/copy.ts';
import type { Descriptor } from '../../oci/index.ts';
import type { RepositoryLocation } from '../../pack/pack-location.ts';
import { numberFlag, switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../format-bytes.ts';
import { parseLocation, type ArchiveLocation } from '../location.ts';
import { localOf, openFolder, openSource, printed } from '../open-location.ts';
import { writeArchive } from '../write-archive.ts';

/** What `packwright copy` takes. */
export interface CopyCommandOptions {
  readonly from: string;
  readonly to: string;
  /** What refers to the manifest goes along. True by default. */
  readonly referrers?: boolean | undefined;
  /** Only the manifest for this platform: `os/architecture[/variant]`. */
  readonly platform?: string | undefined;
  /** Every tag of the source, under its own name. */
  readonly allTags?: boolean | undefined;
  /** Does nothing where the target has it already. */
  readonly ifAbsent?: boolean | undefined;
  /** Tells what would be moved, and moves nothing. */
  readonly dryRun?: boolean | undefined;
  readonly concurrency?: number | undefined;
}

/** What `packwright copy` gives. */
export interface CopyCommandResult {
  /** The target, with the digest of what is there now. */
  readonly reference: string;
  /** Of the manifest; of several tags, of the first. */
  readonly digest?: string | undefined;
  /** Every tag that was written. */
  readonly tags: readonly string[];
  readonly copied: CopyResult['copied'];
  readonly reused: CopyResult['reused'];
  /** True where `ifAbsent` found something, and nothing was done. */
  readonly present: boolean;
  readonly dryRun: boolean;
}

/**
 * Copies a manifest with everything that belongs to it between layouts, folders or archives. An archive is written as
 * a stream, whole, in place of the file that was there.
 */
export async function copyCommand(options: CopyCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  const to = localOf(parseLocation(options.to), options.to);
  const source = await openSource(options.from, context);
  return to.kind === 'archive' ? copyToArchive(source, to, options, context) : copyToLayout(source, options, context);
}

async function copyToLayout(
  source: RepositoryLocation,
  options: CopyCommandOptions,
  context: CommandContext,
): Promise<CopyCommandResult> {
  const { to, concurrency, referrers, platform, allTags, ifAbsent, dryRun: dry } = options;
  const { repository, reference } = openFolder(to, context);
  const service = commandService({ concurrency });
  const result = await service.copy(
    source,
    { repository, reference },
    { referrers, platform, allTags, ifAbsent, dryRun: dry, ...context.operation },
  );
  const { descriptor, tags, copied, reused, present, dryRun } = result;
  return { ...named(to, descriptor), tags, copied, reused, present, dryRun };
}

async function copyToArchive(
  source: RepositoryLocation,
  to: ArchiveLocation,
  options: CopyCommandOptions,
  context: CommandContext,
): Promise<CopyCommandResult> {
  const path = resolve(context.cwd, to.path);
  const { dryRun = false, referrers } = options;
  const roots = await rootsOf(source, to, options, context);
  const tags = roots.flatMap(({ tag }) => (typeof tag === 'string' ? [tag] : []));
  const facts = { tags, reused: { blobs: 0, bytes: 0 }, dryRun };
  if (options.ifAbsent === true && existsSync(path)) {
    return { ...facts, reference: options.to, copied: facts.reused, present: true };
  }
  const { repository } = source;
  const archive = dryRun
    ? await layoutArchiveStream(repository, roots, { referrers, signal: context.operation.signal })
    : await writeArchive({ repository, roots, referrers }, path, context.operation);
  const copied = { blobs: archive.blobs, bytes: archive.bytes };
  return { ...facts, ...named(options.to, archive.roots[0]), copied, present: false };
}

async function rootsOf(
  source: RepositoryLocation,
  to: ArchiveLocation,
  { allTags = false, platform }: CopyCommandOptions,
  context: CommandContext,
): Promise<LayoutArchiveRoot[]> {
  if (allTags) {
    const roots: LayoutArchiveRoot[] = [];
    for await (const tag of source.repository.tags(context.operation)) roots.push({ reference: tag, tag });
    return roots;
  }
  const { signal } = context.operation;
  const { descriptor } = await commandService().inspect(source, { platform, referrers: false, signal });
  return [{ reference: descriptor.digest, tag: to.tag ?? null }];
}

function named(to: string, descriptor: Descriptor | undefined): Pick<CopyCommandResult, 'reference' | 'digest'> {
  if (descriptor === undefined) return { reference: to };
  return { reference: printed(to, descriptor.digest), digest: descriptor.digest };
}

/** `packwright copy`. */
export const copySpec: CommandSpec = {
  name: 'copy',
  summary: 'copy a pack with everything that belongs to it',
  arguments: [
    { name: 'from', summary: 'what to copy' },
    { name: 'to', summary: 'where to' },
  ],
  flags: [
    { flags: '--no-referrers', summary: 'leave signatures, attestations and other referrers behind', kind: 'switch' },
    { flags: '--platform <platform>', summary: 'only the manifest for os/architecture[/variant]' },
    { flags: '--all-tags', summary: 'every tag, under its own name', kind: 'switch' },
    { flags: '--if-absent', summary: 'do nothing where the target has it already', kind: 'switch' },
    { flags: '--dry-run', summary: 'tell what would be copied, and copy nothing', kind: 'switch' },
    { flags: '--concurrency <n>', summary: 'how many blobs to copy at a time', kind: 'count' },
  ],
  examples: ['packwright copy oci:packs:1.0 oci:mirror:1.0', 'packwright copy oci:packs:1.0 oci-archive:app.tar:1.0'],
  async run([from = '', to = ''], flags, context) {
    const options: CopyCommandOptions = {
      from,
      to,
      referrers: flags['referrers'] !== false,
      platform: textFlag(flags, 'platform'),
      allTags: switchFlag(flags, 'allTags'),
      ifAbsent: switchFlag(flags, 'ifAbsent'),
      dryRun: switchFlag(flags, 'dryRun'),
      concurrency: numberFlag(flags, 'concurrency'),
    };
    const result = await copyCommand(options, context);
    const { copied, reused, dryRun, tags } = result;
    const verb = dryRun ? 'would copy' : 'copied';
    context.info(`${verb} ${copied.blobs} blobs (${formatBytes(copied.bytes)}), ${reused.blobs} were there`);
    const text = options.allTags === true ? tags.map((tag) => `${tag}\n`).join('') : `${result.reference}\n`;
    return { json: result, text };
  },
};
