import type { Digest } from '../../../digest/digest.ts';
import { FormatError, StoreError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { defaultOciLimits } from '../../../oci/limits.ts';
import { isManifestMediaType } from '../../../oci/media-types.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { loadManifest } from '../../../registry/load-manifest.ts';
import type { LayoutParts } from './documents.ts';

/**
 * Everything that the index of a layout leads to, each digest once: what it lists, referrers too, and what these name.
 * A manifest inside an index may be absent, as tools that copy one platform leave it; one that is listed may not.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError or FormatError for a manifest that is missing or damaged.
 */
export async function* layoutReachable(
  { documents, blobs }: LayoutParts,
  options: OperationOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const { manifests } = await documents.read(options);
  const seen = new Set<Digest>();
  const waiting = [...manifests];
  const listed = new Set(manifests);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    yield next;
    if (!isManifestMediaType(next.mediaType)) continue;
    if (seen.size > defaultOciLimits.blobs) throw tooMany();
    const found = await loadManifest(blobs, next, options);
    if (found === undefined && listed.has(next)) throw missing(next.digest, documents.id);
    waiting.push(...(found?.facts.content ?? []));
  }
}

/** True when the index of a layout leads to a digest. */
export async function isReachable(parts: LayoutParts, digest: Digest, options: OperationOptions): Promise<boolean> {
  for await (const found of layoutReachable(parts, options)) if (found.digest === digest) return true;
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
