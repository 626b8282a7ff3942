import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { toHex } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { Digest, DigestAlgorithm } from './digest-name.ts';
import { nativeHash } from './native.ts';

/** A running hash: bytes go in as they come, the digest is asked for once, at the end. */
export interface RunningHash {
  /** Adds bytes. They are read before the call returns, so the caller may reuse the array. */
  update(bytes: Uint8Array): RunningHash;
  /** The digest of everything added. After this the hash cannot be used. */
  digest(): Digest;
}

const portable = { sha256, sha384, sha512 };

/**
 * A running hash: the platform's own where it has one (Node, Deno, Bun), else \@noble/hashes. Both give the same bytes.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an algorithm that is not sha256, sha384 or sha512.
 */
export function createHash(algorithm: DigestAlgorithm): RunningHash {
  return nativeHash(algorithm) ?? portableHash(algorithm);
}

/** The running hash of \@noble/hashes, whatever the platform has. */
export function portableHash(algorithm: DigestAlgorithm): RunningHash {
  if (!Object.hasOwn(portable, algorithm)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `digest algorithm ${JSON.stringify(algorithm)} is not supported`, {
      argument: 'algorithm',
    });
  }
  const hash = portable[algorithm].create();
  const running: RunningHash = {
    update(bytes) {
      hash.update(bytes);
      return running;
    },
    digest: () => `${algorithm}:${toHex(hash.digest())}`,
  };
  return running;
}
