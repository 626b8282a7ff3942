import { describe, expect, it } from 'vitest';
import { mutated } from './mutate.ts';
import { fuzzTargets } from './targets.ts';

const runs = 500;

describe('a reader of bytes from outside', () => {
  it.each(fuzzTargets)(`reads or refuses with a code what it may get: $name`, async (target) => {
    for (const seed of target.seeds) await target.run(seed);
    for (let run = 0; run < runs; run++) {
      const bytes = mutated(target, 1, run);
      await target.run(bytes).catch((cause: unknown) => {
        throw new Error(`run ${run} is a finding: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`, { cause });
      });
    }
  });

  it.each(fuzzTargets)('gets the same input for the same seed: $name', (target) => {
    expect(mutated(target, 7, 3)).toEqual(mutated(target, 7, 3));
  });
});
