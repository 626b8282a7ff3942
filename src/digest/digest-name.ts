import { UsageError } from '../errors.ts';

/** The digest algorithms that packwright accepts. */
export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** `algorithm:hex` of some bytes, lower case (image-spec 1.1.1, descriptor, "Digests"). */
export type Digest = `${DigestAlgorithm}:${string}`;

/** How many bytes a digest of each algorithm has. */
export const digestSizes: Readonly<Record<DigestAlgorithm, number>> = /* @__PURE__ */ Object.freeze({
  sha256: 32,
  sha384: 48,
  sha512: 64,
});

/** True for `sha256`, `sha384` and `sha512`. */
export function isDigestAlgorithm(value: unknown): value is DigestAlgorithm {
  return value === 'sha256' || value === 'sha384' || value === 'sha512';
}

/** True for a string that is a digest: a known algorithm, lower-case hex, the exact length. */
export function isDigest(value: unknown): value is Digest {
  if (typeof value !== 'string') return false;
  const colon = value.indexOf(':');
  const algorithm = value.slice(0, Math.max(colon, 0));
  if (!isDigestAlgorithm(algorithm)) return false;
  return value.length === colon + 1 + digestSizes[algorithm] * 2 && /^[0-9a-f]+$/.test(value.slice(colon + 1));
}

/**
 * Takes a string that must be a digest.
 *
 * @throws UsageError `ERR_INVALID_DIGEST` for another algorithm, upper case, or the wrong length.
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new UsageError(
    'ERR_INVALID_DIGEST',
    `digest ${JSON.stringify(text.slice(0, 160))} is not sha256, sha384 or sha512 with lower-case hex of the right length`,
  );
}

/** The algorithm of a digest. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The hexadecimal part of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
