import type { Digest } from '../../digest/digest.ts';
import { FormatError } from '../../errors.ts';
import { cosignTag } from '../../oci/cosign-tag.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import type { FindContext, Listed } from './candidate.ts';
import type { CandidateCount } from './count-candidates.ts';
import { numbered } from './manifest-candidates.ts';
import { unreadError } from './unread.ts';

/** What follows the digest in the tags of cosign 2, and what lies there. */
const suffixes = { sig: 'signature', att: 'envelope' } as const;

/**
 * Looks at the tags under which cosign 2 keeps signatures (`sha256-….sig`) and attestations (`sha256-….att`), one a
 * layer. A tag that is not there is none; one that cannot be asked for is told as such.
 *
 * @param digest - The sha256 of the manifest: what cosign names it by.
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more layers than the limit.
 */
export async function listLegacyTags(digest: Digest, context: FindContext, count: CandidateCount): Promise<Listed> {
  const names = Object.keys(suffixes) as (keyof typeof suffixes)[];
  const listed = await Promise.all(names.map((suffix) => readTag(digest, suffix, context)));
  const candidates = listed.flatMap((one) => one.candidates);
  count.add(candidates.length);
  return { candidates, unread: listed.flatMap((one) => one.unread) };
}

async function readTag(digest: Digest, suffix: keyof typeof suffixes, context: FindContext): Promise<Listed> {
  const tag = cosignTag(digest, suffix);
  const { repository, options } = context;
  try {
    const found = await repository.manifest.get(tag, options);
    if (found === undefined) return { candidates: [], unread: [] };
    const parsed = parseManifest(found.bytes, { mediaType: found.descriptor.mediaType });
    if (parsed.kind === 'index') throw notSignatures(tag, 'an image index');
    const { layers } = parsed.document;
    const candidates = numbered(tag, layers).filter(({ kind }) => kind === suffixes[suffix]);
    if (candidates.length === layers.length) return { candidates, unread: [] };
    const other = layers.length - candidates.length;
    return { candidates, unread: [{ origin: tag, error: notSignatures(tag, `${other} other layers`) }] };
  } catch (error) {
    return { candidates: [], unread: [{ origin: tag, error: unreadError(error, options.signal) }] };
  }
}

function notSignatures(tag: string, what: string): FormatError {
  const message = `tag ${tag} has ${what}, expected layers that are signatures of cosign`;
  return new FormatError('ERR_BUNDLE_INVALID', message, { issues: [{ path: 'layers', message }] });
}
