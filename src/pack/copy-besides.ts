import type { Descriptor } from '../oci/descriptor.ts';
import type { Report } from '../ports/report.ts';
import type { CopyContext } from './copy-graph.ts';
import { findLegacy, type LegacyManifest } from './copy-legacy.ts';
import { findReferrers, type FoundReferrers } from './copy-referrers.ts';

/**
 * What belongs to manifests without being in them: referrers, and what cosign 2 keeps under tags. Where every tag is
 * copied, those are among them.
 */
export async function findBesides(
  manifests: readonly Descriptor[],
  context: CopyContext,
  { allTags }: { readonly allTags?: boolean | undefined },
  report: Report,
): Promise<readonly [readonly FoundReferrers[], readonly LegacyManifest[]]> {
  if (!context.referrers) return [[], []];
  const legacy = allTags === true ? [] : findLegacy(manifests, context);
  return Promise.all([findReferrers(manifests, context, report), legacy]);
}
