import { utf8 } from '../../src/bytes/encoding.ts';
import { concatBytes } from '../../src/bytes/stream.ts';
import type { FuzzTarget } from './judge.ts';

/** Whole numbers below a limit. */
type Random = (limit: number) => number;

/** The input of one run: the same for the same target, seed and number of the run. */
export function mutated(target: FuzzTarget, seed: number, run: number): Uint8Array {
  const random = randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(run + 1, 0x85ebca6b));
  if (random(50) === 0) return noise(random, random(600));
  let bytes = chosenSeed(target.seeds, random);
  for (let changes = 1 + random(4); changes > 0; changes--) bytes = changed(bytes, target, random);
  return random(2) === 0 ? withChecksums(bytes) : bytes;
}

/** Small seeds come more often, so that large ones do not take all the time. */
function chosenSeed(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const weights = seeds.map(({ length }) => 1 / (length + 300));
  let at = (random(1_000_000) / 1_000_000) * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (at -= weight) < 0);
  return seeds[Math.max(0, index)] ?? new Uint8Array();
}

function changed(bytes: Uint8Array, { dictionary = [], seeds }: FuzzTarget, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const word = utf8(dictionary[random(dictionary.length)] ?? '\0');
  switch (random(9)) {
    case 0:
      return concatBytes([before, noise(random, 1 + random(8)), after.subarray(1 + random(8))]);
    case 1:
      return concatBytes([before, after.subarray(1 + random(16))]);
    case 2:
      return concatBytes([before, word, after]);
    case 3:
      return concatBytes([before, word, after.subarray(word.length)]);
    case 4:
      return concatBytes([before, after.subarray(0, random(64)), after]);
    case 5:
      return concatBytes([before, Uint8Array.of(0x30 + random(10)), after.subarray(1)]);
    case 6:
      return concatBytes([before, Uint8Array.of((after[0] ?? 0) ^ (1 << random(8))), after.subarray(1)]);
    case 7:
      return random(4) === 0 ? before : concatBytes([before, noise(random, 1), after]);
    default:
      return concatBytes([before, chosenSeed(seeds, random).subarray(random(64))]);
  }
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** Headers of a tar with their checksums mended, so that changes get past them. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const block = copy.subarray(at, at + 512);
    if (block[0] === 0 || block[155] !== 0x20 || block[154] !== 0) continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.set(utf8(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
  return copy;
}

/** Mulberry32: small, and good enough to choose places and bytes. */
function randomOf(seed: number): Random {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
