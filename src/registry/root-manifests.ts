import type { Digest } from '../digest/digest.ts';
import { FormatError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { defaultOciLimits } from '../oci/limits.ts';
import { isIndexMediaType, isManifestMediaType } from '../oci/media-types.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Catalog, KnownManifest } from './catalog.ts';
import { loadManifest } from './load-manifest.ts';

/**
 * The manifests that stand on their own: without a subject, in no index, and tagged for more than to sign another.
 *
 * Every manifest is read and checked. One that is damaged fails the listing: to leave it out could make another one
 * look like the only one.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError, FormatError for a manifest that is missing or damaged, and
 * `ERR_LIMIT_EXCEEDED` for more than 10,000.
 */
export async function* rootManifests(
  blobs: BlobStore,
  catalog: Catalog,
  options: OperationOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const inside = new Set<Digest>();
  const candidates: Descriptor[] = [];
  let seen = 0;
  const note = async (facts: RootFacts): Promise<void> => {
    if (++seen > defaultOciLimits.manifests) throw tooMany();
    for (const child of facts.content) {
      if (inside.has(child.digest)) continue;
      inside.add(child.digest);
      // A layout need not list an index that lies in another one, so what that names is found here only.
      const nested = isIndexMediaType(child.mediaType) ? await loadManifest(blobs, child, options) : undefined;
      if (nested !== undefined) await note(nested.facts);
    }
  };
  for await (const known of catalog.manifests(options)) {
    const facts = await factsOf(blobs, known, options);
    await note(facts);
    if (facts.referrer === undefined && known.aside !== true) candidates.push(facts.descriptor);
  }
  yield* candidates.filter(({ digest }) => !inside.has(digest));
}

interface RootFacts {
  readonly descriptor: Descriptor;
  readonly content: readonly Descriptor[];
  readonly referrer?: unknown;
}

async function factsOf(blobs: BlobStore, known: KnownManifest, options: OperationOptions): Promise<RootFacts> {
  const { digest, mediaType, size } = known;
  if (mediaType !== undefined && size !== undefined && !isManifestMediaType(mediaType)) {
    return { descriptor: { mediaType, digest, size }, content: [] };
  }
  const found = await loadManifest(blobs, known, options);
  if (found !== undefined) return found.facts;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not in ${blobs.id}`, { store: blobs.id, digest });
}

function tooMany(): FormatError {
  const limit = defaultOciLimits.manifests;
  return new FormatError('ERR_LIMIT_EXCEEDED', `repository has more than ${limit} manifests`, { details: { limit } });
}
