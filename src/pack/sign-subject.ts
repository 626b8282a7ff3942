import type { Digest } from '../digest/digest.ts';
import { FormatError, StoreError, UsageError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isManifestMediaType } from '../oci/manifest-media-types.ts';
import { selectPlatform } from '../oci/platform.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { failureOf } from './failure.ts';
import { loadManifest, maxIndexDepth, type LoadedManifest } from './load-manifest.ts';
import { loadNamed } from './load-named.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import type { AttestPackOptions } from './sign-options.ts';

/** What is to be signed. */
export interface SigningSubjects {
  /** What the location names, which is read once. */
  readonly named: Digest;
  /** The manifests to sign: what was meant first, then what is in it. */
  readonly manifests: readonly LoadedManifest[];
}

const maxManifests = 1000;

/**
 * Reads the manifests that are to be signed, the named one once: everything after that is about its digest.
 *
 * @throws RegistryError `ERR_REGISTRY_NOT_FOUND`; UsageError for a platform that is not there, or with an image that is
 * no index; FormatError `ERR_LIMIT_EXCEEDED` for more than 1,000 manifests.
 */
export async function signingSubjects(
  location: OpenLocation,
  { platform, recursive }: AttestPackOptions,
  options: OperationOptions,
): Promise<SigningSubjects> {
  const { repository } = location;
  let meant = await loadManifest(repository, await loadNamed(location, options), options);
  const named = meant.descriptor.digest;
  for (let depth = 0; platform !== undefined && meant.parsed.kind === 'index'; depth++) {
    if (depth === maxIndexDepth) throw tooDeep();
    const descriptor = selectPlatform(meant.parsed.document.manifests, platform);
    meant = await loadManifest(repository, { descriptor }, options);
  }
  return { named, manifests: recursive === true ? await withChildren(meant, location, options) : [meant] };
}

/** A manifest and all that are in it, each once: by level, and in the order of the index. */
async function withChildren(
  root: LoadedManifest,
  { repository }: OpenLocation,
  options: OperationOptions,
): Promise<readonly LoadedManifest[]> {
  const all = new Map<Digest, LoadedManifest>([[root.descriptor.digest, root]]);
  let level: readonly LoadedManifest[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxIndexDepth) throw tooDeep();
    const next: LoadedManifest[] = [];
    for (const descriptor of level.flatMap(childrenOf)) {
      if (all.has(descriptor.digest)) continue;
      if (all.size === maxManifests) throw tooMany(root.descriptor);
      const child = await loadManifest(repository, { descriptor }, options);
      all.set(descriptor.digest, child);
      next.push(child);
    }
    level = next;
  }
  return [...all.values()];
}

function childrenOf({ parsed }: LoadedManifest): readonly Descriptor[] {
  if (parsed.kind !== 'index') return [];
  return parsed.document.manifests.filter(({ mediaType }) => isManifestMediaType(mediaType));
}

/**
 * Fails where the tag that was named points elsewhere by now: who signed it meant something else. Nothing is attached
 * then, and who means the digest names it.
 *
 * @throws StoreError `ERR_CONFLICT`.
 */
export async function checkUnmoved(location: OpenLocation, signed: Digest, options: OperationOptions): Promise<void> {
  const { repository, tag, digest } = location;
  if (tag === undefined || digest !== undefined) return;
  const found = await repository.resolve(tag, { ...options, direct: true }).catch((error: unknown) => {
    throw failureOf(error, 'destination', { tag });
  });
  if (found?.digest === signed) return;
  const now = found === undefined ? 'is not there any more' : `points at ${found.digest} by now`;
  throw new StoreError('ERR_CONFLICT', `${describeLocation(location)} was ${signed} when it was signed, and ${now}`, {
    hint: 'nothing was attached; name the digest to sign it whatever the tag points at',
    details: { tag, expected: signed, actual: found?.digest ?? null },
  });
}

function tooDeep(): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `indexes nest deeper than ${maxIndexDepth}, expected a manifest`);
}

function tooMany({ digest }: Descriptor): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `index ${digest} has more than ${maxManifests} manifests to sign`, {
    details: { limit: maxManifests },
  });
}
