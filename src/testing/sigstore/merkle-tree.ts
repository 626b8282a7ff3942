import { hashOf } from './hash-of.ts';
import { concatBytes } from '../../bytes/stream.ts';

/** A Merkle tree that grows (RFC 6962 section 2.1). Small: it computes every hash again. */
export interface MerkleTree {
  /** Adds a leaf and gives its index. */
  append(leaf: Uint8Array): Promise<number>;
  /** The tree as it is now, which grows no more: others may append while it is proven from. */
  head(): TreeHead;
}

/** A tree of some size. */
export interface TreeHead {
  readonly size: number;
  root(): Promise<Uint8Array<ArrayBuffer>>;
  /** What leads from a leaf to the root, from the bottom. */
  proof(index: number): Promise<Uint8Array<ArrayBuffer>[]>;
}

/** An empty tree. */
export function createMerkleTree(): MerkleTree {
  const leaves: Uint8Array<ArrayBuffer>[] = [];
  return {
    async append(leaf) {
      const hash = await hashOf(concatBytes([Uint8Array.of(0), leaf]));
      return leaves.push(hash) - 1;
    },
    head: () => treeHead([...leaves]),
  };
}

function treeHead(leaves: readonly Uint8Array<ArrayBuffer>[]): TreeHead {
  return { size: leaves.length, root: () => rootOf(leaves), proof: (index) => pathTo(index, leaves) };
}

async function rootOf(leaves: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const [only = await hashOf(new Uint8Array(0))] = leaves;
  if (leaves.length < 2) return only;
  const half = splitOf(leaves.length);
  const [left, right] = [await rootOf(leaves.slice(0, half)), await rootOf(leaves.slice(half))];
  return hashOf(concatBytes([Uint8Array.of(1), left, right]));
}

async function pathTo(index: number, leaves: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>[]> {
  if (leaves.length < 2) return [];
  const half = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half
    ? [...(await pathTo(index, left)), await rootOf(right)]
    : [...(await pathTo(index - half, right)), await rootOf(left)];
}

/** The largest power of two that is smaller than the size. */
function splitOf(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}
