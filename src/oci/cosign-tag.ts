import { hexOf, type Digest } from '../digest/digest.ts';

/**
 * The tag under which cosign 2 keeps signatures (`sig`) or attestations (`att`) of a manifest, beside it.
 *
 * @param digest - The sha256 of the manifest: what cosign names it by.
 */
export function cosignTag(digest: Digest, suffix: 'sig' | 'att'): string {
  return `sha256-${hexOf(digest)}.${suffix}`;
}
