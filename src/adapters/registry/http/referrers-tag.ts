import type { Digest } from '../../../digest/digest.ts';

/**
 * The tag under which a list of referrers lies where a registry has no referrers API: the algorithm, up to 32 characters,
 * a dash, and up to 64 of the rest, with a dash for each character that a tag cannot have (distribution-spec 1.1.1,
 * "Referrers Tag Schema").
 */
export function referrersTag(subject: Digest | `${string}:${string}`): string {
  const colon = subject.indexOf(':');
  const algorithm = subject.slice(0, Math.min(colon, 32));
  return `${algorithm}-${subject.slice(colon + 1, colon + 65)}`.replace(/[^A-Za-z0-9_.-]/g, '-');
}
