import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/stream.ts';
import { fuzzTargets } from './archive.ts';

/** A change to a seed: bytes overwritten, taken out, put in, doubled. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('set', 'cut', 'insert', 'double', 'digit'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

/** Says that a checksum was mended, so that changes get past it. */
function mended(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const block = copy.subarray(at, at + 512);
    if (block[0] === 0 || block[155] !== 0x20 || block[154] !== 0) continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
  return copy;
}

function applied(seed: Uint8Array, { at, kind, bytes }: { at: number; kind: string; bytes: Uint8Array }): Uint8Array {
  const offset = seed.length === 0 ? 0 : at % seed.length;
  const before = seed.subarray(0, offset);
  const after = seed.subarray(offset);
  if (kind === 'cut') return concatBytes([before, after.subarray(bytes[0])]);
  if (kind === 'insert') return concatBytes([before, bytes, after]);
  if (kind === 'double') return concatBytes([seed, after]);
  const put = kind === 'digit' ? Uint8Array.of(0x30 + ((bytes[0] ?? 0) % 10)) : bytes;
  return concatBytes([before, put, after.subarray(put.length)]);
}

describe('on mutated archives', () => {
  it.each(fuzzTargets)('$name breaks no promise', async (target) => {
    for (const seed of target.seeds) await target.run(seed);
    const input = fc.tuple(fc.constantFrom(...target.seeds), fc.array(change, { maxLength: 4 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(input, async ([seed, changes, mend]) => {
        const bytes = changes.reduce(applied, seed);
        await target.run(mend ? mended(bytes) : bytes);
      }),
      { numRuns: 300 },
    );
  });

  it.each(fuzzTargets)('$name breaks no promise on noise', async (target) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), (bytes) => target.run(bytes)),
      { numRuns: 100 },
    );
  });

  it('a finding is reported, not swallowed', async () => {
    const broken = fuzzTargets[0]?.run(null as never);
    await expect(broken).rejects.toBeInstanceOf(TypeError);
  });
});
