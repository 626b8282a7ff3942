import { algorithmOf, hexOf, type Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import type { FindContext } from './candidate.ts';

/**
 * What the list under the tag for referrers names (distribution-spec 1.1.1, "Referrers Tag Schema"). It is asked for
 * where a registry knows of no referrers by itself: some answer so whatever there is, and clients then keep the list.
 * Nothing where the tag is of something else, as GitLab takes it for the digest and gives the manifest itself.
 */
export async function taggedReferrers(
  subject: Digest,
  { repository, options }: FindContext,
): Promise<readonly Descriptor[]> {
  const tag = `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
  const found = await repository.manifest.get(tag, options);
  if (found === undefined || found.descriptor.digest === subject) return [];
  const parsed = parseManifest(found.bytes, { mediaType: found.descriptor.mediaType });
  return parsed.kind === 'index' ? parsed.document.manifests : [];
}
