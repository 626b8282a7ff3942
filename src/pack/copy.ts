import type { Digest } from '../digest/index.ts';
import { IntegrityError, RegistryError, UsageError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { isIndexMediaType, parseManifest, selectPlatform } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository, TagOptions } from '../ports/registry.ts';
import { reported, type Report } from '../ports/report.ts';
import { checkCount, checkOptions, operationKeys } from '../bytes/check-options.ts';
import { byteBudget } from './byte-budget.ts';
import { copyBelow, type CopyContext } from './copy-graph.ts';
import { findBesides } from './copy-besides.ts';
import { copyLegacy } from './copy-legacy.ts';
import { copyReferrers, markKnown } from './copy-referrers.ts';
import { copyTally } from './copy-tally.ts';
import { eachBounded } from './each-bounded.ts';
import { failureOf } from './failure.ts';
import { loadManifestBytes, type NamedManifest } from './load-manifest.ts';
import { loadNamed } from './load-named.ts';
import { onceByKey } from './once-by-key.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import type { Traffic } from './pack-input.ts';
import { withTasks } from './task-group.ts';

export interface CopyOptions extends OperationOptions {
  /** Takes along what refers to the manifests: signatures, attestations, SBOMs, also under cosign's tags. True by default. */
  readonly referrers?: boolean | undefined;
  /** Copies only the manifest for this platform out of an index: `linux/amd64`. */
  readonly platform?: Platform | string | undefined;
  /** Copies every tag of the source under its own name; neither end may name a tag or digest then. */
  readonly allTags?: boolean | undefined;
  /** Does nothing where the target has the tag, or without a tag the digest, already. */
  readonly ifAbsent?: boolean | undefined;
  /** Reads and compares, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Repositories of the target's registry that may have blobs to mount. */
  readonly mountFrom?: readonly string[] | undefined;
  /** How many blobs are copied at a time. */
  readonly concurrency?: number | undefined;
}

/** What was copied, or with `dryRun` what would be. */
export interface CopyResult {
  /** The target as text, where it was given as text. */
  readonly reference?: string | undefined;
  /** The manifest that was copied: of several tags, that of the first. */
  readonly descriptor: Descriptor;
  /** Every tag that was written. */
  readonly tags: readonly string[];
  /** Manifests and indexes, those of referrers included. */
  readonly manifests: number;
  /** The manifests that came along because they refer to something. */
  readonly referrers: readonly Descriptor[];
  readonly copied: Traffic;
  readonly mounted: Traffic;
  /** What the target had already. */
  readonly reused: Traffic;
  /** Layers that were left where they are, because their author forbids to hand them on. */
  readonly skipped: readonly Descriptor[];
  /** True where `ifAbsent` found something, and nothing was done. */
  readonly present: boolean;
  readonly dryRun: boolean;
}

const keys = [...operationKeys, 'referrers', 'platform', 'allTags', 'ifAbsent', 'dryRun', 'mountFrom', 'concurrency'];

/** Copies a graph, or one for every tag: contents before what names them, referrers along, the tag last. */
export function copyPack(from: OpenLocation, to: OpenLocation, options: CopyOptions): Promise<CopyResult> {
  checkOptions('options', options, keys);
  const concurrency = checkCount('concurrency', options.concurrency, 8);
  return reported({ verb: 'copy', name: describeLocation(to) }, options, async (report) => {
    const bounds = { concurrency, signal: report.options.signal };
    return withTasks(bounds, async (tasks) => {
      const context: CopyContext = {
        from: from.repository,
        to: to.repository,
        mountFrom: mountableFrom(from, to, options.mountFrom),
        dryRun: options.dryRun ?? false,
        referrers: options.referrers ?? true,
        tally: copyTally(),
        tasks,
        done: onceByKey(),
        memory: byteBudget(keptBytes),
        options: { ...report.options, signal: tasks.signal },
      };
      const jobs = options.allTags === true ? await everyTag(from, to, report) : [{ from, to }];
      return copyAll(jobs, context, options, report);
    });
  });
}

/** Bytes of manifests that wait for what they name; the rest is read twice. */
const keptBytes = 32 * 1024 * 1024;

interface CopyJob {
  readonly from: OpenLocation;
  readonly to: OpenLocation;
}

async function copyAll(
  jobs: readonly CopyJob[],
  context: CopyContext,
  options: CopyOptions,
  report: Report,
): Promise<CopyResult> {
  const { from, to, tasks } = context;
  const tags: string[] = [];
  // Each job of two folders is quick, and its order can be told from outside.
  const concurrency = from.capabilities.remote || to.capabilities.remote ? tasks.concurrency : 1;
  const outcomes = await eachBounded(jobs, { concurrency, signal: tasks.signal }, (job) =>
    copyOne(job, context, options, report),
  );
  const present = outcomes.filter((outcome) => outcome.present).length;
  for (const [index, { to: target }] of jobs.entries()) {
    if (target.tag !== undefined && outcomes[index]?.present === false) tags.push(target.tag);
  }
  const { descriptor } = outcomes[0] as CopyOutcome;
  const { text } = jobs.length === 1 ? (jobs[0] as CopyJob).to : {};
  return {
    ...(text === undefined ? {} : { reference: text }),
    descriptor,
    tags,
    ...context.tally.result(),
    present: present === jobs.length,
    dryRun: context.dryRun,
  };
}

/** Blobs can be mounted between repositories of one registry. */
function mountableFrom(from: OpenLocation, to: OpenLocation, named: readonly string[] = []): Set<string> {
  const same = from.registry !== undefined && from.registry === to.registry;
  return new Set(same ? [from.repository.name, ...named] : named);
}

async function everyTag(from: OpenLocation, to: OpenLocation, report: Report): Promise<CopyJob[]> {
  for (const end of [from, to]) {
    if (end.implied !== true && (end.tag !== undefined || end.digest !== undefined)) {
      throw new UsageError(
        'ERR_INVALID_ARGUMENT',
        `${describeLocation(end)} names one manifest, expected a repository`,
        {
          argument: 'allTags',
          hint: 'leave out the tag and the digest to copy every tag',
        },
      );
    }
  }
  const jobs: CopyJob[] = [];
  for await (const tag of from.repository.tags(report.options)) {
    jobs.push({ from: { repository: from.repository, tag }, to: { repository: to.repository, tag } });
  }
  if (jobs.length > 0) return jobs;
  throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `${from.repository.id} has no tags`, {
    details: { side: 'source' },
  });
}

interface CopyOutcome {
  readonly descriptor: Descriptor;
  readonly present: boolean;
}

async function copyOne(
  { from, to }: CopyJob,
  context: CopyContext,
  options: CopyOptions,
  report: Report,
): Promise<CopyOutcome> {
  const root = await chosen(await loadNamed(from, context.options), context, options);
  const { descriptor } = root;
  checkTarget(to, descriptor.digest);
  const there = to.tag ?? descriptor.digest;
  if (options.ifAbsent === true && (await resolveTarget(to.repository, there, context)) !== undefined) {
    return { descriptor, present: true };
  }
  const state = await targetState(root, to, context);
  const graph = await copyBelow({ ...root, known: state.known }, context);
  const [found, legacy] = await findBesides(graph.manifests, context, options, report);
  const tag = context.dryRun || state.tagged ? undefined : to.tag;
  const condition = options.ifAbsent === true && context.to.capabilities.atomicTag ? { ifMatch: null } : undefined;
  // To write a manifest under a tag is one request, where to tag it would be two. But the tag comes last.
  const direct = context.to.capabilities.remote && condition === undefined;
  const alone = legacy.length === 0 && found.every(({ referrers }) => referrers.length === 0);
  await graph.finish(direct && alone ? tag : undefined);
  await copyReferrers(found, context, report);
  await copyLegacy(legacy, context);
  if (tag !== undefined && !direct) await writeTag(tag, descriptor, { ...context.options, ...condition }, context);
  else if (!alone) await graph.finish(tag);
  return { descriptor, present: false };
}

async function chosen(named: NamedManifest, context: CopyContext, { platform }: CopyOptions): Promise<NamedManifest> {
  const { mediaType } = named.descriptor;
  if (platform === undefined || !isIndexMediaType(mediaType)) return named;
  const bytes = named.bytes ?? (await loadManifestBytes(context.from, named.descriptor, context.options));
  const parsed = parseManifest(bytes, { mediaType });
  return parsed.kind === 'index' ? { descriptor: selectPlatform(parsed.document.manifests, platform) } : named;
}

function checkTarget({ digest }: OpenLocation, actual: Digest): void {
  if (digest === undefined || digest === actual) return;
  throw new IntegrityError('ERR_DIGEST_MISMATCH', `source has manifest ${actual}, the target names ${digest}`, {
    expected: digest,
    actual,
    hint: 'name a tag without a digest in the target',
  });
}

async function resolveTarget(
  repository: Repository,
  reference: string,
  { options }: CopyContext,
): Promise<Descriptor | undefined> {
  return repository.resolve(reference, { ...options, direct: true }).catch((error: unknown) => {
    throw failureOf(error, 'destination');
  });
}

/** What a remote target has of a root already. A local one is asked nothing: what it has is looked at blob by blob. */
async function targetState(
  root: NamedManifest,
  { repository, tag }: OpenLocation,
  context: CopyContext,
): Promise<{ readonly known: boolean; readonly tagged: boolean }> {
  if (!repository.capabilities.remote) return { known: false, tagged: false };
  const { digest } = root.descriptor;
  const tagged = tag !== undefined && (await resolveTarget(repository, tag, context))?.digest === digest;
  if (!tagged && (await resolveTarget(repository, digest, context)) === undefined) return { known: false, tagged };
  return { known: await isListed(root, context), tagged };
}

/** A root that refers to something is known only where the target lists it: a writer may have been cut off before. */
async function isListed({ descriptor, bytes }: NamedManifest, context: CopyContext): Promise<boolean> {
  if (bytes === undefined) return true;
  const { subject } = parseManifest(bytes, { mediaType: descriptor.mediaType }).document;
  if (subject === undefined) return true;
  const [marked] = await markKnown({ subject: subject.digest, referrers: [descriptor] }, context);
  return marked?.known === true;
}

async function writeTag(
  tag: string,
  { mediaType, digest, size }: Descriptor,
  options: TagOptions,
  { to }: CopyContext,
): Promise<void> {
  await to.tag(tag, { mediaType, digest, size }, options).catch((error: unknown) => {
    throw failureOf(error, 'destination', { tag });
  });
}
