import { isDigest, type Digest } from '../../../digest/digest.ts';

/** The entity tag of what a digest names. It never changes. */
export function etagOf(digest: Digest): string {
  return `"${digest}"`;
}

/** What `If-Match` or `If-None-Match` lists (RFC 9110 section 13.1): any, or these. undefined where there is no such header. */
export function parseEtags(header: string | null): 'any' | readonly string[] | undefined {
  if (header === null) return undefined;
  if (header.trim() === '*') return 'any';
  return header.split(',').map((part) => part.trim());
}

/** True where a list of entity tags has that of a digest; weakly, as `If-None-Match` compares. */
export function listsDigest(etags: 'any' | readonly string[] | undefined, digest: Digest): boolean {
  if (etags === undefined) return false;
  return etags === 'any' || etags.some((etag) => etag.replace(/^W\//, '') === etagOf(digest));
}

/** The digests among entity tags. A client that was given no tag may send the digest without quotes. */
export function digestsIn(etags: readonly string[]): Digest[] {
  return etags.map((etag) => etag.replace(/^"(.*)"$/, '$1')).filter(isDigest);
}
