import type { Digest, DigestAlgorithm } from './digest.ts';
import { createHash } from './hash.ts';

// In a file of its own, so that who only compares digests loads no code that computes them.

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return createHash(algorithm).update(bytes).digest();
}
