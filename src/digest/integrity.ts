import { fromBase64, fromHex, toBase64, toHex } from '../bytes/encoding.ts';
import { FormatError } from '../errors.ts';
import { algorithmOf, digestSizes, hexOf, isDigestAlgorithm, type Digest, type DigestAlgorithm } from './digest.ts';

/** A Subresource Integrity string: one or more of `sha512-…`, `sha384-…`, `sha256-…` in base64, separated by spaces. */
export type Integrity = string;

/** What an integrity string pins. */
export interface ParsedIntegrity {
  /** Every acceptable digest, strongest algorithm first, each once. Several of one algorithm are alternatives. */
  readonly digests: readonly Digest[];
  /** True when the string also has sha1 or md5. Those are never accepted as a check. */
  readonly weak: boolean;
}

// A sha512 has 95 characters: room for 40 of them.
const maxLength = 4096;
const strength: Readonly<Record<DigestAlgorithm, number>> = { sha512: 3, sha384: 2, sha256: 1 };

/**
 * Reads a Subresource Integrity string (W3C SRI, "Integrity metadata"). Options behind `?` and algorithms that nobody
 * knows are ignored, as the specification says; malformed base64 and wrong lengths of the known ones are not.
 *
 * An answer without any digest means that nothing is pinned: the caller must treat it as missing, never as a pass.
 *
 * @throws FormatError `ERR_LOCK_ENTRY` where the string is not an integrity string at all.
 */
export function parseIntegrity(text: string): ParsedIntegrity {
  const digests = new Set<Digest>();
  let weak = false;
  // A long text is not looked into.
  const parts = text.length > maxLength ? [] : text.split(/[ \t\r\n\f]+/).filter((part) => part !== '');
  if (parts.length === 0) throw notIntegrity(text);
  for (const part of parts) {
    const dash = part.indexOf('-');
    if (dash < 1) throw notIntegrity(text);
    const algorithm = part.slice(0, dash);
    const value = part.slice(dash + 1).split('?', 1)[0] ?? '';
    if (algorithm === 'sha1' || algorithm === 'md5') weak = true;
    else if (isDigestAlgorithm(algorithm)) digests.add(digestFrom(algorithm, value, text));
  }
  const sorted = [...digests].sort((a, b) => strength[algorithmOf(b)] - strength[algorithmOf(a)]);
  return { digests: sorted, weak };
}

function digestFrom(algorithm: DigestAlgorithm, base64: string, text: string): Digest {
  const bytes = fromBase64(base64);
  if (bytes?.length !== digestSizes[algorithm]) throw notIntegrity(text);
  return `${algorithm}:${toHex(bytes)}`;
}

/** The digests that decide: those of the strongest algorithm present. Any one of them is a match. */
export function strongestOf(integrity: ParsedIntegrity): readonly Digest[] {
  const [first] = integrity.digests;
  if (first === undefined) return [];
  return integrity.digests.filter((digest) => algorithmOf(digest) === algorithmOf(first));
}

/** The integrity string of a digest. */
export function integrityOf(digest: Digest): Integrity {
  return `${algorithmOf(digest)}-${toBase64(fromHex(hexOf(digest)) ?? new Uint8Array())}`;
}

function notIntegrity(text: string): FormatError {
  return new FormatError(
    'ERR_LOCK_ENTRY',
    `integrity ${JSON.stringify(text.slice(0, 160))} is not a Subresource Integrity string`,
  );
}
