import { bytesSource } from '../bytes/source.ts';
import { FormatError } from '../errors.ts';
import {
  buildLock,
  readLockfile,
  selectEntries,
  type Lock,
  type Lockfile,
  type LockfileEntry,
  type SelectedEntries,
} from '../lockfile/index.ts';
import { annotationKeys, mediaTypes } from '../oci/index.ts';
import { reported } from '../ports/report.ts';
import type { Source } from '../ports/source.ts';
import { checkOptions } from '../bytes/check-options.ts';
import { eachBounded } from './each-bounded.ts';
import { fetchArtifact, tooLarge, type WantedArtifact } from './fetch-artifact.ts';
import { expectFrozen } from './frozen-lock.ts';
import { groupLayer } from './group-layer.ts';
import { pinnedBy } from './integrity-check.ts';
import type { PackLimits } from './limits.ts';
import { measuringStage, stageBefore, type Stage, type StagedBlob } from './stage.ts';
import type { PackLockInput, PackResult } from './pack-input.ts';
import { describeLocation } from './pack-location.ts';
import {
  commitLayers,
  withStaged,
  writeManifest,
  type StagedLayer,
  type WriteContext,
  type WrittenLayer,
} from './write-pack.ts';

/**
 * Gives the address that an entry is fetched from; undefined for the one that the lockfile names, where it names one.
 * It is never written into the pack.
 */
export type LocateArtifact = (entry: {
  readonly name: string;
  readonly version: string;
  /** As the lockfile has it. */
  readonly origin?: string | undefined;
}) => string | undefined;

export interface LockContext extends WriteContext {
  readonly sources: readonly Source[];
  readonly locate: LocateArtifact | undefined;
  readonly limits: PackLimits;
}

const inputKeys = ['lockfile', 'omit', 'os', 'cpu', 'libc', 'skip', 'allowHosts', 'grouping', 'frozen'];

/** Packs what a lockfile pins: the lock as config, the lockfile as first layer, then every artifact as it came. */
export function packLock(input: PackLockInput, context: LockContext): Promise<PackResult> {
  checkOptions('input', input, inputKeys);
  checkOptions('lockfile', input.lockfile, ['name', 'bytes']);
  return reported({ verb: 'pack', name: describeLocation(context.target) }, context.options, (report) =>
    packInto(input, { ...context, options: report.options }),
  );
}

async function packInto(input: PackLockInput, context: LockContext): Promise<PackResult> {
  const { omit, os, cpu, libc, skip, allowHosts, frozen } = input;
  const lockfile = readLockfile(input.lockfile.bytes, { name: input.lockfile.name });
  const selected = selectEntries(lockfile, { omit, os, cpu, libc, skip, allowHosts });
  const expected = frozen === undefined ? undefined : expectFrozen(frozen, lockfile, selected);
  if (expected !== undefined) checkSizes(expected, context.limits);
  const staged = new Set<StagedBlob>();
  return withStaged(staged, async () => {
    const first = await stageLockfile(input, lockfile, context, staged);
    return input.grouping === 'tar'
      ? packGrouped(first, { lockfile, selected, expected }, context, staged)
      : packEach(first, { lockfile, selected, expected }, context, staged);
  });
}

/** What is known before anything is fetched. */
interface Chosen {
  readonly lockfile: Lockfile;
  readonly selected: SelectedEntries;
  readonly expected: Lock | undefined;
}

async function stageLockfile(
  input: PackLockInput,
  { name }: Lockfile,
  context: LockContext,
  staged: Set<StagedBlob>,
): Promise<StagedLayer> {
  const stage = stageBefore(context.target.repository);
  const blob = await stage.add(bytesSource(input.lockfile.bytes), context.options);
  staged.add(blob);
  return { path: name, mediaType: 'application/json', blob, annotations: () => ({ [annotationKeys.title]: name }) };
}

async function packEach(
  first: StagedLayer,
  chosen: Chosen,
  context: LockContext,
  staged: Set<StagedBlob>,
): Promise<PackResult> {
  const { entries } = chosen.selected;
  checkLayerCount(entries);
  const blobs = await fetchAll(chosen, stageBefore(context.target.repository), context, staged);
  const layers = entries.map(({ path, mediaType }, index): StagedLayer => {
    return { path, mediaType, blob: blobs[index] as StagedBlob, annotations: () => ({ [annotationKeys.title]: path }) };
  });
  const [written, ...artifacts] = await commitLayers([first, ...layers], context);
  const packed = entries.map((entry, index) => {
    const { digest, size } = (artifacts[index] as WrittenLayer).descriptor;
    return { ...entry, digest, size };
  });
  return finish([written as WrittenLayer, ...artifacts], packed, chosen, context);
}

async function packGrouped(
  first: StagedLayer,
  chosen: Chosen,
  context: LockContext,
  staged: Set<StagedBlob>,
): Promise<PackResult> {
  const measured = await fetchAll(chosen, measuringStage(), context, staged);
  const packed = chosen.selected.entries.map((entry, index) => {
    const { digest, size } = measured[index] as (typeof measured)[number];
    return { ...entry, digest, size };
  });
  const files = packed.map(({ path }, index) => ({
    path,
    source: (measured[index] as (typeof measured)[number]).source,
  }));
  const group = await groupLayer(files, stageBefore(context.target.repository), context.options);
  staged.add(group.blob);
  const written = await commitLayers([first, group], context);
  const result = await finish(written, packed, chosen, context);
  const [lockfile, tar] = result.artifacts;
  const artifacts = packed.map(({ path, digest, size }) => ({ path, digest, size, reused: tar?.reused ?? false }));
  return { ...result, artifacts: lockfile === undefined ? artifacts : [lockfile, ...artifacts] };
}

/** Fetches every distinct artifact once; the blobs stand in the order of the entries. */
async function fetchAll<T extends StagedBlob>(
  { selected, expected }: Chosen,
  stage: Stage<T>,
  context: LockContext,
  staged: Set<StagedBlob>,
): Promise<T[]> {
  const { sources, limits, concurrency, options } = context;
  const count = totalCounter(limits.totalBytes);
  const pinned = new Map(expected?.entries.map((entry) => [entry.path, entry]));
  const wanted = new Map<string, WantedArtifact>();
  for (const entry of selected.entries) {
    const key = keyOf(entry);
    if (!wanted.has(key)) wanted.set(key, wantedOf(entry, context, pinned.get(entry.path)));
  }
  const keys = [...wanted.keys()];
  const blobs = await eachBounded(keys, { concurrency, signal: options.signal }, async (key, signal) => {
    const fetching = { sources, stage, maxBytes: limits.artifactBytes, count };
    const blob = await fetchArtifact(wanted.get(key) as WantedArtifact, fetching, { ...options, signal });
    staged.add(blob);
    return blob;
  });
  const byKey = new Map(keys.map((key, index) => [key, blobs[index] as T]));
  return selected.entries.map((entry) => byKey.get(keyOf(entry)) as T);
}

function keyOf({ integrity }: LockfileEntry): string {
  return pinnedBy(integrity).join(' ');
}

function wantedOf(entry: LockfileEntry, { locate }: LockContext, pinned: WantedArtifact['pinned']): WantedArtifact {
  const { name, version, origin, integrity } = entry;
  let located: { readonly location: string | undefined } | undefined;
  return {
    name: `${name}@${version}`,
    // Only when a source asks: where a cache has everything, npm need not be run to say what its registry is.
    get location() {
      located ??= { location: locate?.({ name, version, origin }) ?? origin };
      return located.location;
    },
    digests: pinnedBy(integrity),
    ...(pinned === undefined ? {} : { size: pinned.size, pinned }),
  };
}

/** Where a lock says the sizes, too much is refused before anything is fetched. */
function checkSizes({ entries }: Lock, limits: PackLimits): void {
  const count = totalCounter(limits.totalBytes);
  const seen = new Set<string>();
  for (const { name, digest, size } of entries) {
    if (size > limits.artifactBytes) throw tooLarge(name, limits.artifactBytes);
    if (!seen.has(digest)) count(size);
    seen.add(digest);
  }
}

function totalCounter(limit: number): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total <= limit) return;
    throw new FormatError('ERR_LIMIT_EXCEEDED', `artifacts are together larger than the limit of ${limit} bytes`, {
      hint: 'raise limits.totalBytes if they really are that large',
      details: { limit },
    });
  };
}

/** What the descriptor of a layer takes at least in the manifest, without its title. */
const layerBytes = 176;
const manifestBytes = 4 * 1024 * 1024;

/** Says before anything is fetched that the manifest cannot hold so many layers. */
function checkLayerCount(entries: readonly LockfileEntry[]): void {
  const size = entries.reduce((sum, { path }) => sum + path.length + layerBytes, 0);
  if (size <= manifestBytes) return;
  throw new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `manifest of ${entries.length} layers would have more than the limit of ${manifestBytes} bytes`,
    { hint: "pack with grouping: 'tar', which puts all artifacts into one layer", details: { limit: manifestBytes } },
  );
}

async function finish(
  written: readonly WrittenLayer[],
  packed: Parameters<typeof buildLock>[0]['entries'],
  { lockfile, selected }: Chosen,
  context: LockContext,
): Promise<PackResult> {
  const { selection, skipped } = selected;
  const { lock, bytes } = buildLock({ lockfile, selection, skipped, entries: packed });
  const config = { mediaType: mediaTypes.lock, bytes };
  const result = await writeManifest(written, { artifactType: mediaTypes.pack, config }, context);
  return { ...result, lock };
}
