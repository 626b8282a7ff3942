import { createMemberCheck, type MemberCheck } from '../archive/index.ts';
import { isDigest, type Digest } from '../digest/index.ts';
import { FormatError, UsageError } from '../errors.ts';
import type { Lock } from '../lockfile/index.ts';
import { annotationKeys, mediaTypes, type Descriptor, type ImageManifest } from '../oci/index.ts';
import { executableAnnotation } from './annotations.ts';
import type { PathFilter } from './glob.ts';
import { isGroup, titleOf } from './pack-entries.ts';

/** What is to be written, decided before anything is. */
export interface UnpackPlan {
  readonly steps: readonly UnpackStep[];
  /** Layers that have no title, which are left out. */
  readonly untitled: readonly Descriptor[];
  /** Over everything that is written, whatever layer it comes from. */
  readonly members: MemberCheck;
}

export type UnpackStep = FileStep | FolderStep | GroupStep;

/** A layer that is a file. */
export interface FileStep {
  readonly kind: 'file';
  readonly path: string;
  readonly layer: Descriptor;
  readonly executable: boolean;
  /** As the lock pins it. */
  readonly integrity?: string | undefined;
}

/** A layer that is a folder, as oras writes it. */
export interface FolderStep {
  readonly kind: 'folder';
  readonly path: string;
  readonly layer: Descriptor;
  /** Of the tar before compression. */
  readonly diffId?: Digest | undefined;
}

/** The layer that holds all artifacts of a lock. */
export interface GroupStep {
  readonly kind: 'group';
  readonly layer: Descriptor;
  readonly lock: Lock;
}

/**
 * Decides what to write.
 *
 * @throws FormatError `ERR_UNSAFE_PATH` for a title that cannot be written or comes twice, `ERR_MANIFEST_INVALID` where
 * layers and lock disagree.
 * @throws UsageError `ERR_UNSUPPORTED` for a container image and for what has no files at all.
 */
export function planUnpack(manifest: ImageManifest, lock: Lock | undefined, filter: PathFilter): UnpackPlan {
  const { layers, config } = manifest;
  const untitled = layers.filter((layer) => titleOf(layer) === undefined);
  if (untitled.length === layers.length) throw nothingToUnpack(config.mediaType);
  const members = createMemberCheck();
  const steps = lock === undefined ? layers.flatMap(stepOf) : lockSteps(layers, lock);
  for (const step of steps) {
    if (step.kind !== 'group') members.check({ path: step.path, type: step.kind === 'file' ? 'file' : 'directory' });
  }
  return { steps: steps.filter((step) => isWanted(step, filter)), untitled, members };
}

function isWanted(step: UnpackStep, filter: PathFilter): boolean {
  switch (step.kind) {
    case 'file':
      return filter.wants(step.path);
    case 'folder':
      return filter.wantsBelow(step.path);
    case 'group':
      return step.lock.entries.some(({ path }) => filter.wants(path));
  }
}

function nothingToUnpack(configType: string): UsageError {
  const image = configType === mediaTypes.imageConfig || configType === mediaTypes.dockerConfig;
  const what = image ? 'manifest is a container image' : 'manifest has no layer with a file name';
  return new UsageError('ERR_UNSUPPORTED', `${what}, which cannot be unpacked`, {
    hint: image ? 'use a container tool to unpack its root file system' : 'inspect it to see what it is',
  });
}

function stepOf(layer: Descriptor): readonly UnpackStep[] {
  const path = titleOf(layer);
  if (path === undefined) return [];
  const { annotations = {} } = layer;
  if (annotations[annotationKeys.orasUnpack] !== 'true') {
    return [{ kind: 'file', path, layer, executable: annotations[executableAnnotation] === 'true' }];
  }
  const digest = annotations[annotationKeys.orasDigest];
  if (digest !== undefined && !isDigest(digest)) throw disagree(path, 'has a content digest that is not one');
  return [{ kind: 'folder', path, layer, diffId: digest }];
}

/** The layers of a pack of a lock: the lockfile, then exactly the entries of the lock, or one tar of them. */
function lockSteps(layers: readonly Descriptor[], lock: Lock): readonly UnpackStep[] {
  const missing = new Map(lock.entries.map((entry) => [entry.path, entry]));
  const steps: UnpackStep[] = [];
  layers.forEach((layer, index) => {
    const path = titleOf(layer) ?? '';
    if (isGroup(layer, index, lock)) {
      if (missing.size < lock.entries.length) throw disagree(path, 'stands beside layers of its entries');
      missing.clear();
      steps.push({ kind: 'group', layer, lock });
      return;
    }
    steps.push({ kind: 'file', path, layer, executable: false, ...checkedLayer(layer, path, index, lock, missing) });
  });
  const [first] = missing.keys();
  if (first !== undefined) throw disagree(first, 'is in the lock, and no layer has it');
  return steps;
}

function checkedLayer(
  { digest, size }: Descriptor,
  path: string,
  index: number,
  lock: Lock,
  missing: Map<string, Lock['entries'][number]>,
): { readonly integrity?: string } {
  if (index === 0) {
    if (digest !== lock.source.digest) throw disagree(path, `has digest ${digest}, the lock ${lock.source.digest}`);
    return {};
  }
  const entry = missing.get(path);
  if (entry === undefined) throw disagree(path, 'is not in the lock, or twice in the manifest');
  missing.delete(path);
  if (entry.digest !== digest) throw disagree(path, `has digest ${digest}, the lock ${entry.digest}`);
  if (entry.size !== size) throw disagree(path, `has ${size} bytes, the lock ${entry.size}`);
  return { integrity: entry.integrity };
}

function disagree(path: string, problem: string): FormatError {
  return new FormatError('ERR_MANIFEST_INVALID', `layer ${JSON.stringify(path.slice(0, 200))} ${problem}`, {
    details: { path },
  });
}
