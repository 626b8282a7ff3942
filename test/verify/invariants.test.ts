import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/attest/bundle.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { goodBundles, type GoodBundleName } from '../../src/testing/sigstore/good-bundles.ts';
import { nameOfSigner } from '../../src/verify/proven-signer.ts';
import type { Policy } from '../../src/verify/policy.ts';
import { reportOn, signed, signerPem, sigstore, testArtifact, workflow } from './some-evidence.ts';

const faults = ['checkpoint-of-another-log', 'signature-by-another-key', 'sct-missing', 'proof-of-another-index'];

async function badBundle(fault: string): Promise<Bundle> {
  const forger = await sigstore.withFaults(fault);
  return parseBundle(await forger.sign({ ...goodBundles.message, timestamps: 1 }));
}

const bundles: readonly Bundle[] = [
  ...(await Promise.all((Object.keys(goodBundles) as GoodBundleName[]).map((name) => signed(name)))),
  ...(await Promise.all(faults.map(badBundle))),
  await signed({ artifact: new Uint8Array(3) }),
  await signed({ artifact: testArtifact, identity: 'eve@example.org', issuer: 'https://login.example' }),
];

const someBundles = fc.array(fc.constantFrom(...bundles), { maxLength: 5 });
const count = fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined });
const somePolicy: fc.Arbitrary<Partial<Policy>> = fc.record({
  signers: fc.record({
    threshold: fc.integer({ min: 1, max: 3 }),
    anyOf: fc.subarray([workflow, { key: signerPem }, { unsafeAnyIdentity: true } as const], { minLength: 1 }),
  }),
  predicates: fc.constantFrom<Policy['predicates']>(
    undefined,
    [{ unsafeAnyPredicate: true }],
    [{ type: 'https://slsa.dev/provenance/v1', source: 'https://github.com/example/project' }],
  ),
  demand: fc.record({ log: count, time: count, timestamp: count }),
});

describe('whatever the bundles and the policy are', () => {
  it('a verdict is what its report says', async () => {
    await fc.assert(
      fc.asyncProperty(someBundles, somePolicy, async (given, policy) => {
        const report = await reportOn(given, policy);
        const passed = report.bundles.filter(({ verdict }) => verdict === 'passed');
        const { found, threshold } = report.signers;
        expect(report.verdict === 'passed').toBe(found.length >= threshold);
        expect(report.code === undefined).toBe(report.verdict === 'passed');
        expect(new Set(found.map(nameOfSigner)).size).toBe(found.length);
        expect(report.bundles.length).toBe(given.length);
        for (const { checks, signer, code } of passed) {
          expect([signer !== undefined, code]).toEqual([true, undefined]);
          expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
          for (const name of ['bundle', 'artifact', 'signature', 'signer', 'predicate']) {
            expect(checks.some((check) => check.name === name && check.outcome === 'passed')).toBe(true);
          }
        }
        expect(JSON.parse(JSON.stringify(report))).toEqual(report);
      }),
      { numRuns: 40 },
    );
  });

  it('a verdict does not depend on their order, and one more bundle takes no pass away', async () => {
    await fc.assert(
      fc.asyncProperty(someBundles, fc.constantFrom(...bundles), somePolicy, async (given, other, policy) => {
        const { verdict } = await reportOn(given, policy);
        expect((await reportOn([...given].reverse(), policy)).verdict).toBe(verdict);
        const more = await reportOn([other, ...given], policy);
        expect(verdict === 'passed' && more.verdict === 'failed').toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('a policy that demands more is never passed by what fails one that demands less', async () => {
    await fc.assert(
      fc.asyncProperty(someBundles, somePolicy, async (given, policy) => {
        const more = { ...policy, demand: { ...policy.demand, log: 2, time: 2 } };
        const [less, strict] = [await reportOn(given, policy), await reportOn(given, more)];
        expect(strict.verdict === 'passed' && less.verdict === 'failed').toBe(false);
      }),
      { numRuns: 25 },
    );
  });
});
