import { equalBytes } from '../../bytes/equal-bytes.ts';
import { hashBytes } from '../crypto/hash-bytes.ts';

type Hash = Uint8Array<ArrayBuffer>;

/** The hash of a leaf of a Merkle tree (RFC 6962 section 2.1). */
export function leafHash(body: Uint8Array): Promise<Hash> {
  const input = new Uint8Array(body.length + 1);
  input.set(body, 1);
  return hashBytes(input, 'sha256');
}

/** The hash of a node of a Merkle tree. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Hash> {
  const input = new Uint8Array(65);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 33);
  return hashBytes(input, 'sha256');
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
export async function isIncluded({ leaf, index, size, hashes, root }: InclusionPath): Promise<boolean> {
  if (index < 0n || index >= size || hashes.some((hash) => hash.length !== 32)) return false;
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const other of hashes) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = await nodeHash(other, hash);
      // Levels at which the last node has no sibling have no hash.
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, other);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equalBytes(hash, root);
}
