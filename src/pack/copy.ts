import type { Digest } from '../digest/index.ts';
import { IntegrityError, RegistryError, UsageError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { isIndexMediaType, selectPlatform } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported, type Report } from '../ports/report.ts';
import { checkCount, checkOptions, operationKeys } from '../bytes/check-options.ts';
import { copyGraph, copyTally, type CopyContext } from './copy-graph.ts';
import { copyReferrers } from './copy-referrers.ts';
import { failureOf } from './failure.ts';
import { loadManifest } from './load-manifest.ts';
import { describeLocation, resolveLocation, type OpenLocation } from './pack-location.ts';
import type { Traffic } from './pack-input.ts';

export interface CopyOptions extends OperationOptions {
  /** Takes along what refers to the manifests that are copied: signatures, attestations, SBOMs. True by default. */
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
    const context: CopyContext = {
      from: from.repository,
      to: to.repository,
      mountFrom: mountableFrom(from, to, options.mountFrom),
      concurrency,
      dryRun: options.dryRun ?? false,
      tally: copyTally(),
      options: report.options,
    };
    const jobs = options.allTags === true ? await everyTag(from, to, report) : [{ from, to }];
    return copyAll(jobs, context, options, report);
  });
}

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
  const roots: Descriptor[] = [];
  const tags: string[] = [];
  let present = 0;
  for (const job of jobs) {
    const done = await copyOne(job, context, options, report);
    roots.push(done.descriptor);
    if (done.present) present++;
    else if (job.to.tag !== undefined) tags.push(job.to.tag);
  }
  const descriptor = roots[0] as Descriptor;
  const { text } = jobs.length === 1 ? (jobs[0] as CopyJob).to : {};
  return {
    ...(text === undefined ? {} : { reference: text }),
    descriptor,
    tags,
    ...context.tally.result(),
    present: present > 0 && present === jobs.length,
    dryRun: context.dryRun,
  };
}

/** Blobs can be mounted between repositories of one registry. */
function mountableFrom(from: OpenLocation, to: OpenLocation, named: readonly string[] = []): readonly string[] {
  const same = from.registry !== undefined && from.registry === to.registry;
  return [...new Set(same ? [from.repository.name, ...named] : named)];
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

async function copyOne(
  { from, to }: CopyJob,
  context: CopyContext,
  options: CopyOptions,
  report: Report,
): Promise<{ readonly descriptor: Descriptor; readonly present: boolean }> {
  const named = await resolveLocation(from, report.options).catch((error: unknown) => {
    throw failureOf(error, 'source');
  });
  const descriptor = await chosen(named, context, options, report);
  checkTarget(to, descriptor.digest);
  if (options.ifAbsent === true && (await isPresent(to, descriptor.digest, report))) {
    return { descriptor, present: true };
  }
  const manifests = await copyGraph(descriptor, context);
  if (options.referrers !== false) await copyReferrers(manifests, context, report);
  if (to.tag !== undefined && !context.dryRun) await writeTag(to, to.tag, descriptor, options, report);
  return { descriptor, present: false };
}

async function chosen(
  named: Descriptor,
  context: CopyContext,
  options: CopyOptions,
  report: Report,
): Promise<Descriptor> {
  if (options.platform === undefined || !isIndexMediaType(named.mediaType)) return named;
  const { parsed } = await loadManifest(context.from, named, report.options);
  return parsed.kind === 'index' ? selectPlatform(parsed.document.manifests, options.platform) : named;
}

function checkTarget({ digest }: OpenLocation, actual: Digest): void {
  if (digest === undefined || digest === actual) return;
  throw new IntegrityError('ERR_DIGEST_MISMATCH', `source has manifest ${actual}, the target names ${digest}`, {
    expected: digest,
    actual,
    hint: 'name a tag without a digest in the target',
  });
}

async function isPresent({ repository, tag }: OpenLocation, digest: Digest, report: Report): Promise<boolean> {
  return (await repository.resolve(tag ?? digest, report.options)) !== undefined;
}

async function writeTag(
  { repository }: OpenLocation,
  tag: string,
  { mediaType, digest, size }: Descriptor,
  options: CopyOptions,
  report: Report,
): Promise<void> {
  const condition = options.ifAbsent === true && repository.capabilities.atomicTag ? { ifMatch: null } : {};
  await repository
    .tag(tag, { mediaType, digest, size }, { ...report.options, ...condition })
    .catch((error: unknown) => {
      throw failureOf(error, 'destination', { tag });
    });
}
