import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/bytes/encoding.ts';
import { isIncluded, leafHash, nodeHash } from '../../../src/verify/log/merkle.ts';
import { naiveTree } from './naive-tree.ts';

const bytes = (hex: string): Uint8Array<ArrayBuffer> => fromHex(hex) ?? new Uint8Array();

// The leaves and roots that implementations of RFC 6962 test with.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const wanted = (index: number): { readonly hex: string; readonly root: string } => ({
  hex: leaves[index] ?? '',
  root: roots[index] ?? '',
});

describe('inclusion in a Merkle tree', () => {
  it('has the hashes of RFC 6962', async () => {
    expect(toHex(await leafHash(new Uint8Array()))).toBe(roots[0]);
    expect(toHex(await nodeHash(await leafHash(bytes(wanted(0).hex)), await leafHash(bytes(wanted(1).hex))))).toBe(
      roots[1],
    );
  });

  it('holds for every leaf of the trees that RFC 6962 is tested with', async () => {
    for (const [last, root] of roots.entries()) {
      const tree = naiveTree(leaves.slice(0, last + 1).map(bytes));
      expect(toHex(tree.root)).toBe(root);
      for (let index = 0; index <= last; index++) {
        const path = {
          ...{ leaf: await leafHash(bytes(wanted(index).hex)), index: BigInt(index), size: BigInt(last + 1) },
          ...{ hashes: tree.pathOf(index), root: bytes(root) },
        };
        expect(await isIncluded(path), `leaf ${index} of ${last + 1}`).toBe(true);
      }
    }
  });

  it('holds for a tree of one leaf, whose root is the leaf', async () => {
    const leaf = await leafHash(Uint8Array.of(1));
    expect(await isIncluded({ leaf, index: 0n, size: 1n, hashes: [], root: leaf })).toBe(true);
    expect(await isIncluded({ leaf, index: 0n, size: 1n, hashes: [leaf], root: await nodeHash(leaf, leaf) })).toBe(
      false,
    );
    expect(await isIncluded({ leaf, index: 0n, size: 0n, hashes: [], root: leaf })).toBe(false);
    expect(await isIncluded({ leaf, index: 1n, size: 1n, hashes: [], root: leaf })).toBe(false);
    expect(await isIncluded({ leaf, index: -1n, size: 1n, hashes: [], root: leaf })).toBe(false);
  });

  it('counts beyond what a number holds exactly', async () => {
    const leaf = await leafHash(new Uint8Array());
    const hashes = Array.from({ length: 62 }, () => leaf);
    let root = leaf;
    for (const other of hashes) root = await nodeHash(root, other);
    const size = 2n ** 62n;
    expect(await isIncluded({ leaf, index: 0n, size, hashes, root })).toBe(true);
    expect(await isIncluded({ leaf, index: 2n, size, hashes, root })).toBe(false);
    let last = leaf;
    for (const other of hashes) last = await nodeHash(other, last);
    expect(await isIncluded({ leaf, index: size - 1n, size, hashes, root: last })).toBe(true);
    expect(await isIncluded({ leaf, index: size, size, hashes, root: last })).toBe(false);
  });

  it('holds as a naive tree says, for that leaf, index and path and for no other', async () => {
    const sizes = fc.integer({ min: 2, max: 40 });
    const cases = sizes.chain((size) =>
      fc.record({ size: fc.constant(size), index: fc.nat(size - 1), seed: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ size, index, seed }) => {
        const tree = naiveTree(Array.from({ length: size }, (_, at) => Uint8Array.of(at)));
        const [root, hashes] = [tree.root, tree.pathOf(index)];
        const leaf = await leafHash(Uint8Array.of(index));
        const good = { leaf, index: BigInt(index), size: BigInt(size), hashes, root };
        const other = (index + 1 + (seed % (size - 1))) % size;
        const place = seed % hashes.length;
        const flipped = hashes.map((hash, at) =>
          at === place ? hash.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) : hash,
        );
        expect(await isIncluded(good)).toBe(true);
        expect(await isIncluded({ ...good, index: BigInt(other) })).toBe(false);
        expect(await isIncluded({ ...good, leaf: await leafHash(Uint8Array.of(other)) })).toBe(false);
        expect(await isIncluded({ ...good, hashes: flipped })).toBe(false);
        expect(await isIncluded({ ...good, hashes: hashes.toSpliced(place, 1) })).toBe(false);
        expect(await isIncluded({ ...good, hashes: [...hashes, root] })).toBe(false);
        expect(await isIncluded({ ...good, hashes: hashes.map((hash) => hash.subarray(1)) })).toBe(false);
        expect(await isIncluded({ ...good, root: leaf })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
