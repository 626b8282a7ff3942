import { fromHex } from '../../../src/bytes/encoding.ts';
import { createHash, hexOf } from '../../../src/digest/index.ts';

type Hash = Uint8Array<ArrayBuffer>;

const sha256 = (...parts: readonly Uint8Array[]): Hash =>
  fromHex(hexOf(parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest())) ?? new Uint8Array();

/** A Merkle tree as RFC 6962 section 2.1 defines it, and as slow: not the code that is tested, nor its like. */
export interface NaiveTree {
  readonly root: Hash;
  /** The audit path of a leaf, from the bottom. */
  readonly pathOf: (index: number) => readonly Hash[];
}

export function naiveTree(leaves: readonly Uint8Array[]): NaiveTree {
  return { root: rootOf(leaves), pathOf: (index) => pathOf(index, leaves) };
}

function rootOf(leaves: readonly Uint8Array[]): Hash {
  const [only = new Uint8Array()] = leaves;
  if (leaves.length === 1) return sha256(Uint8Array.of(0), only);
  const half = halfOf(leaves.length);
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

function pathOf(index: number, leaves: readonly Uint8Array[]): readonly Hash[] {
  if (leaves.length === 1) return [];
  const half = halfOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...pathOf(index, left), rootOf(right)] : [...pathOf(index - half, right), rootOf(left)];
}

/** The largest power of two below a size. */
function halfOf(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}
