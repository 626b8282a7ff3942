import type { Digest } from '../../../digest/digest.ts';
import { FormatError, isPackError, StoreError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { defaultOciLimits } from '../../../oci/limits.ts';
import { isManifestMediaType } from '../../../oci/media-types.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { KnownManifest } from '../../../registry/catalog.ts';
import { loadManifest, type LoadedManifest } from '../../../registry/load-manifest.ts';
import type { LayoutParts } from './documents.ts';
import { unlistedReferrers } from './unlisted-referrers.ts';

/** How a layout is walked. */
export interface ReachableOptions extends OperationOptions {
  /** Goes on past manifests that are missing or damaged: they are told, and what they named is not. For an audit. */
  readonly skipDamaged?: boolean | undefined;
}

/**
 * Everything that belongs to a layout: what its index leads to, and the referrers that `cosign save` lists nowhere, with
 * what these name.
 */
export async function* layoutReachable(
  parts: LayoutParts,
  options: ReachableOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const { skipDamaged = false, ...operation } = options;
  const load = skipDamaged ? loadSound : loadManifest;
  const unlisted = await unlistedReferrers(parts, operation, { load });
  const besides = unlisted.map(({ descriptor }) => descriptor);
  yield* walk(parts, options, besides);
}

/**
 * Everything that the index of a layout leads to, each digest once: what it lists, referrers too, and what these name.
 * A manifest inside an index may be absent, as tools that copy one platform leave it; one that is listed may not.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError or FormatError for a manifest that is missing or damaged.
 */
async function* walk(
  { documents, blobs }: LayoutParts,
  options: ReachableOptions,
  besides: readonly Descriptor[],
): AsyncGenerator<Descriptor, void, undefined> {
  const { skipDamaged = false, ...operation } = options;
  const { manifests } = await documents.read(operation);
  const seen = new Set<Digest>();
  const waiting = [...manifests, ...besides];
  const listed = new Set(manifests);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    yield next;
    if (!isManifestMediaType(next.mediaType)) continue;
    if (seen.size > defaultOciLimits.blobs) throw tooMany();
    const found = skipDamaged ? await loadSound(blobs, next, operation) : await loadManifest(blobs, next, operation);
    if (found === undefined && listed.has(next) && !skipDamaged) throw missing(next.digest, documents.id);
    waiting.push(...(found?.facts.content ?? []));
  }
}

async function loadSound(
  blobs: BlobStore,
  known: KnownManifest,
  options: OperationOptions,
): Promise<LoadedManifest | undefined> {
  try {
    return await loadManifest(blobs, known, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isPackError(error)) return undefined;
    throw error;
  }
}

/** True when the index of a layout leads to a digest. */
export async function isReachable(parts: LayoutParts, digest: Digest, options: OperationOptions): Promise<boolean> {
  for await (const found of walk(parts, options, [])) if (found.digest === digest) return true;
  return false;
}

function missing(digest: Digest, id: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is listed in ${id} and not there`, {
    store: id,
    digest,
  });
}

function tooMany(): FormatError {
  const limit = defaultOciLimits.blobs;
  return new FormatError('ERR_LIMIT_EXCEEDED', `layout leads to more than ${limit} blobs`, { details: { limit } });
}
