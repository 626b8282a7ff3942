import { chunksOf } from '../bytes/stream.ts';
import { reported, type Report } from '../ports/report.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { UsageError } from '../errors.ts';
import { checkCount, checkOptions, operationKeys } from '../bytes/check-options.ts';
import { openBlob } from './open-blob.ts';
import { addDetails, failureOf } from './failure.ts';
import { pathFilter, type PathFilter } from './glob.ts';
import type { PackLimits } from './limits.ts';
import { loadImageManifest } from './load-manifest.ts';
import { loadLock } from './load-lock.ts';
import { loadNamed } from './load-named.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import { prefetched, type FetchedStep } from './prefetch.ts';
import { planUnpack, type UnpackPlan } from './unpack-plan.ts';
import { transacted } from './transacted.ts';
import { treeTooLarge, treeWriter, type TreeWriter, type WrittenEntry } from './tree-writer.ts';
import { writeArchive } from './write-archive.ts';

export interface UnpackOptions extends OperationOptions {
  /** Glob patterns of what is wanted; everything by default. What no pattern can want is not fetched. */
  readonly include?: readonly string[] | undefined;
  /** Picks the manifest out of an index. */
  readonly platform?: Platform | string | undefined;
  /** How many layers are fetched ahead; 8 by default. */
  readonly concurrency?: number | undefined;
}

/** What was written. */
export interface UnpackResult {
  /** The manifest that was unpacked. */
  readonly descriptor: Descriptor;
  /** In the order in which it was written. */
  readonly entries: readonly WrittenEntry[];
  /** Files, links not among them. */
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Layers that have no file name, which were left out. */
  readonly skipped: readonly Descriptor[];
}

/** Writes the files of a pack into a sink: all of them, checked to the last byte, or nothing. */
export function unpackPack(
  location: OpenLocation,
  sink: FileSink,
  limits: PackLimits,
  options: UnpackOptions,
): Promise<UnpackResult> {
  checkOptions('options', options, [...operationKeys, 'include', 'platform', 'concurrency']);
  const concurrency = checkCount('concurrency', options.concurrency, 8);
  const filter = pathFilter(options.include);
  return reported({ verb: 'unpack', name: describeLocation(location) }, options, async (report) => {
    const { repository } = location;
    const named = await loadNamed(location, report.options);
    const choice = { ...report.options, platform: options.platform };
    const { descriptor, parsed } = await loadImageManifest(repository, named, choice);
    const lock = await loadLock(repository, parsed.document, report.options);
    const plan = planUnpack(parsed.document, lock, filter);
    checkSizes(plan, limits.totalBytes);
    warnOf(plan, report);
    if (lock === undefined && options.include === undefined)
      await checkConfig(repository, parsed.document.config, report.options);
    const written = await transacted(sink, report.options, async (transaction) => {
      const writer = treeWriter(transaction, plan.members, limits.totalBytes);
      const steps = prefetched(plan.steps, { repository, concurrency, options: report.options });
      for await (const step of steps) await write(step, writer, filter, report.options);
      if (options.include !== undefined && writer.entries.length === 0) throw nothingMatched(options.include);
      return writer;
    });
    const { entries, files, bytes } = written.result();
    return { descriptor, entries, files, bytes, skipped: plan.untitled };
  });
}

/** The config says nothing that is unpacked, but it is part of the pack: damage to it is damage to the pack. */
async function checkConfig(repository: Repository, config: Descriptor, options: OperationOptions): Promise<void> {
  try {
    const chunks = chunksOf(await openBlob(config, repository, options), options);
    while ((await chunks.next()).done !== true);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw failureOf(error, 'source', { digest: config.digest });
  }
}

/** Files whose size the manifest says are judged before any of them is fetched; those in archives as they come. */
function checkSizes({ steps }: UnpackPlan, limit: number): void {
  const bytes = steps.reduce((sum, { kind, layer }) => (kind === 'file' ? sum + layer.size : sum), 0);
  if (bytes > limit) throw treeTooLarge(limit);
}

function warnOf({ untitled }: UnpackPlan, report: Report): void {
  for (const { digest } of untitled) report.note('warning', `layer ${digest} has no file name and is left out`);
}

function nothingMatched(patterns: readonly string[]): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `nothing matches ${patterns.join(', ').slice(0, 200)}`, {
    argument: 'include',
    hint: 'inspect the pack to see what is in it',
  });
}

async function write(
  fetched: FetchedStep,
  writer: TreeWriter,
  filter: PathFilter,
  options: OperationOptions,
): Promise<void> {
  const { step } = fetched;
  try {
    const content = await fetched.content();
    if (step.kind !== 'file') await writeArchive(step, content, { writer, filter, options });
    else await writer.file(step.path, content, step.layer.size, step.executable);
    fetched.report.done();
  } catch (error) {
    fetched.report.failed(error);
    throw addDetails(error, step.kind === 'group' ? { digest: step.layer.digest } : { path: step.path });
  }
}
