import { beforeAll, describe, expect, it } from 'vitest';
import { skipped } from '../../conformance/bundle-cases.ts';
import { randomOf, specimenOf, trySample, type Specimen } from './run-mutations.ts';
import { allSubjects, type Subject } from './subject.ts';
import { factsWithout, trustedKeys, tryChangedKey } from './trust-keys.ts';

const runs = Number(process.env['PACKWRIGHT_MUTATIONS'] ?? 400);
const seed = Number(process.env['PACKWRIGHT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`one byte of a good bundle is changed, with seed ${seed}:`, () => {
  let subjects: readonly Subject[];
  let specimens: readonly Specimen[];
  beforeAll(async () => {
    subjects = await allSubjects();
    specimens = await Promise.all(subjects.map(specimenOf));
  });

  it('there are good bundles of all kinds', () => {
    expect(subjects.length).toBeGreaterThanOrEqual(skipped ? 20 : 40);
  });

  it(`it is refused, or nothing else is proven than before, in ${runs} runs`, { timeout: 600_000 }, async () => {
    expect((await trySample(specimens, runs, seed)).problems).toEqual([]);
  });

  it('a key of the trust root that is changed is as good as none', { timeout: 600_000 }, async () => {
    const random = randomOf(seed);
    const problems: unknown[] = [];
    for (let run = 0; run < Math.ceil(runs / 8); run++) {
      const subject = subjects[random(subjects.length)] as Subject;
      const keys = trustedKeys(subject.trustRoot);
      const key = keys[random(keys.length)] ?? { owner: '', text: '', offsets: [] };
      const offset = key.offsets[random(key.offsets.length)] ?? 0;
      const without = await factsWithout(subject, key.owner);
      problems.push(await tryChangedKey(subject, key, offset, 1 + random(255), without));
    }
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });
});
