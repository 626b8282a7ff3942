import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { layoutArchiveStream, type LayoutArchiveRoot } from '../../adapters/registry/layout.ts';
import type { CopyResult } from '../../pack/copy.ts';
import { UsageError } from '../../errors.ts';
import { isRepositoryName, type Descriptor } from '../../oci/index.ts';
import type { RepositoryLocation } from '../../pack/pack-location.ts';
import type { CommandContext } from '../context.ts';
import { parseLocation, type ArchiveLocation, type Location } from '../location.ts';
import { openSource, printed, sourceLocation, targetLocation } from '../open-location.ts';
import { commandService } from '../service.ts';
import { writeArchive } from '../write-archive.ts';

/** What `packwright copy`, `push` and `pull` take. */
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
  /** Repositories of the target's registry that may have blobs to mount. */
  readonly mountFrom?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
}

/** What `packwright copy`, `push` and `pull` give. */
export interface CopyCommandResult {
  /** The target, with the digest of what is there now. */
  readonly reference: string;
  /** Of the manifest; of several tags, of the first. */
  readonly digest?: string | undefined;
  /** Every tag that was written. */
  readonly tags: readonly string[];
  readonly copied: CopyResult['copied'];
  /** Taken over from another repository of the registry; nothing of it was moved. */
  readonly mounted: CopyResult['mounted'];
  readonly reused: CopyResult['reused'];
  /** True where `ifAbsent` found something, and nothing was done. */
  readonly present: boolean;
  readonly dryRun: boolean;
}

/**
 * Copies a manifest with everything that belongs to it between registries, layout folders and archives. An archive is
 * written as a stream, whole, in place of the file that was there.
 */
export async function copyCommand(options: CopyCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  const to = parseLocation(options.to);
  checkMount(options, to);
  return to.kind === 'archive' ? copyToArchive(to, options, context) : copyToRepository(options, context);
}

/**
 * Copies into a registry.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where the target is none.
 */
export async function pushCommand(options: CopyCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  checkRegistry('to', options.to, 'push');
  return copyCommand(options, context);
}

/**
 * Copies out of a registry.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where the source is none.
 */
export async function pullCommand(options: CopyCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  checkRegistry('from', options.from, 'pull');
  return copyCommand(options, context);
}

function checkRegistry(argument: string, text: string, verb: string): void {
  if (parseLocation(text).kind === 'registry') return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `reference ${JSON.stringify(text)} names no registry`, {
    argument,
    hint: `${verb} is for registries, as in registry.example/team/app:1.0; copy takes any two places`,
  });
}

function checkMount({ mountFrom = [] }: CopyCommandOptions, to: Location): void {
  if (mountFrom.length > 0 && to.kind !== 'registry') throw badMount('blobs can be mounted in a registry only');
  for (const name of mountFrom) {
    if (!isRepositoryName(name)) throw badMount(`${JSON.stringify(name)} is not the name of a repository`);
  }
}

function badMount(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, {
    argument: 'mount-from',
    hint: "name a repository of the target's registry: --mount-from team/base",
  });
}

async function copyToRepository(options: CopyCommandOptions, context: CommandContext): Promise<CopyCommandResult> {
  const { from, to, concurrency, ...rest } = options;
  const ends = [await sourceLocation(from, context), await targetLocation(to, context)] as const;
  const service = commandService(context, { concurrency });
  const result = await service.copy(...ends, { ...rest, ...context.operation });
  const { descriptor, tags, copied, mounted, reused, present, dryRun } = result;
  return { ...named(to, descriptor), tags, copied, mounted, reused, present, dryRun };
}

async function copyToArchive(
  to: ArchiveLocation,
  options: CopyCommandOptions,
  context: CommandContext,
): Promise<CopyCommandResult> {
  const path = resolve(context.cwd, to.path);
  const { dryRun = false, referrers } = options;
  const source = await openSource(options.from, context);
  const roots = await rootsOf(source, to, options, context);
  const tags = roots.flatMap(({ tag }) => (typeof tag === 'string' ? [tag] : []));
  const nothing = { blobs: 0, bytes: 0 };
  const facts = { tags, mounted: nothing, reused: nothing, dryRun };
  if (options.ifAbsent === true && existsSync(path)) {
    return { ...facts, reference: options.to, copied: nothing, present: true };
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
  const { descriptor } = await commandService(context).inspect(source, { platform, referrers: false, signal });
  return [{ reference: descriptor.digest, tag: to.tag ?? null }];
}

function named(to: string, descriptor: Descriptor | undefined): Pick<CopyCommandResult, 'reference' | 'digest'> {
  if (descriptor === undefined) return { reference: to };
  return { reference: printed(to, descriptor.digest), digest: descriptor.digest };
}
