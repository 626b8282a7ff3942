import type { Digest, DigestAlgorithm } from './digest-name.ts';
import { createHash } from './hash.ts';

/** The digest of bytes in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return createHash(algorithm).update(bytes).digest();
}
