import { beforeAll, describe, expect, it } from 'vitest';
import { meaninglessPlaces } from '../verify/mutation/meaningless.ts';
import { noFindings, specimenOf, tryEveryByte, trySample, type Specimen } from '../verify/mutation/run-mutations.ts';
import { allSubjects } from '../verify/mutation/subject.ts';
import { factsWithout, trustedKeys, tryChangedKey } from '../verify/mutation/trust-keys.ts';
import { figure, long, seed } from './report.ts';

/** What a short round tries. */
const sample = 20_000;

describe(`one byte is changed of good bundles of all kinds and of the keys that they are trusted by: seed ${seed}`, () => {
  let specimens: readonly Specimen[];
  beforeAll(async () => {
    specimens = await Promise.all((await allSubjects()).map(specimenOf));
  });

  it.skipIf(long)('a sample is refused, or proves nothing else than before', async () => {
    const { runs, problems, meaningless } = await trySample(specimens, sample, seed);
    figure('mutations of bundles', { runs, problems: problems.length, 'meaningless places': meaningless.size });
    expect(problems).toEqual([]);
  });

  it.runIf(long)(
    'every byte is refused or is in the list of those that mean nothing, and that list is exact',
    async () => {
      const findings = noFindings();
      for (const specimen of specimens) await tryEveryByte(specimen, seed, findings);
      const { runs, problems, meaningless } = findings;
      figure('mutations of bundles', { runs, problems: problems.length, 'meaningless places': meaningless.size });
      expect(problems).toEqual([]);
      expect(meaninglessPlaces.filter((place) => !meaningless.has(place)).map(({ why }) => why)).toEqual([]);
    },
  );

  it('a key of the trust root that is changed is as good as none', async () => {
    const problems: string[] = [];
    let runs = 0;
    for (const [turn, { subject }] of specimens.entries()) {
      for (const key of trustedKeys(subject.trustRoot)) {
        const without = await factsWithout(subject, key.owner);
        for (const offset of key.offsets) {
          if (!long && (offset + turn) % 40 !== 0) continue;
          const problem = await tryChangedKey(subject, key, offset, 1 << ((offset + turn) % 8), without);
          runs++;
          if (problem !== undefined) problems.push(problem);
        }
      }
    }
    figure('mutations of trusted keys', { runs, problems: problems.length });
    expect(problems).toEqual([]);
  });
});
