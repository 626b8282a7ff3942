import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from '../../bytes/equal-bytes.ts';

// Portable and synchronous on purpose: for 65 bytes a call into the platform costs more than the hash.

/** The hash of a leaf of a Merkle tree (RFC 6962 section 2.1). */
export function leafHash(body: Uint8Array): Uint8Array {
  return sha256.create().update(Uint8Array.of(0)).update(body).digest();
}

/** The hash of a node of a Merkle tree. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(65);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 33);
  return sha256(input);
}

/** Where a leaf should be, and the hashes from there to the root. */
export interface InclusionPath {
  readonly leaf: Uint8Array;
  readonly index: bigint;
  readonly size: bigint;
  readonly hashes: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether a leaf is at its index in the tree of this size and root: RFC 9162 section 2.1.3.2, step by step. */
export function isIncluded({ leaf, index, size, hashes, root }: InclusionPath): boolean {
  if (index < 0n || index >= size || hashes.some((hash) => hash.length !== 32)) return false;
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const other of hashes) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(other, hash);
      // Levels at which the last node has no sibling have no hash.
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, other);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equalBytes(hash, root);
}
