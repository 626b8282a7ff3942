import type { Digest } from '../../../digest/digest.ts';
import { FormatError } from '../../../errors.ts';
import { defaultOciLimits } from '../../../oci/limits.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { CatalogEntry } from '../../../registry/catalog.ts';
import { loadManifest } from '../../../registry/load-manifest.ts';
import { savedSubject } from './cosign-layout.ts';
import type { LayoutParts } from './documents.ts';

/** What a manifest says of itself as a referrer. */
export type Referring = NonNullable<CatalogEntry['referrer']>;

export interface UnlistedOptions {
  /** What was read before, and is not read again: bytes under a digest never change. */
  readonly known?: Map<Digest, Referring | undefined> | undefined;
  readonly load?: typeof loadManifest | undefined;
}

/**
 * The referrers that a layout has and does not list. `cosign save` leaves bundles so, and finds them again by reading
 * every blob (cosign #4695): nothing else is a way to them. Done for layouts that it wrote, and nobody else's.
 *
 * @throws IntegrityError for a blob whose bytes are not its own, as it may have been one; FormatError
 * `ERR_LIMIT_EXCEEDED` for more blobs than a layout may list manifests.
 */
export async function unlistedReferrers(
  { documents, blobs }: LayoutParts,
  options: OperationOptions,
  { known = new Map(), load = loadManifest }: UnlistedOptions = {},
): Promise<readonly Referring[]> {
  const index = await documents.read(options);
  if (savedSubject(index) === undefined) return [];
  const listed = new Set(index.manifests.map(({ digest }) => digest));
  const { manifests: limit, manifestBytes } = defaultOciLimits;
  const found: Referring[] = [];
  let looked = 0;
  for await (const { digest, size } of blobs.list(options)) {
    if (listed.has(digest) || size > manifestBytes) continue;
    if (++looked > limit) throw tooMany(documents.id, limit);
    if (!known.has(digest)) known.set(digest, (await load(blobs, { digest }, options))?.facts.referrer);
    const referring = known.get(digest);
    if (referring !== undefined) found.push(referring);
  }
  return found;
}

function tooMany(id: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `layout ${id} has more than ${limit} small blobs beside its manifests`, {
    details: { limit },
    hint: 'copy the pack from the registry with oras or packwright: they list what signs it',
  });
}
