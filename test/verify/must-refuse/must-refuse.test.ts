import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultSection } from '../../../src/testing/sigstore/fault.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { goodBundles, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { expectedFaults, expectedRefusal } from './expected.ts';
import { judge, policyFor } from './judge.ts';

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await createTestSigstore();
});

describe('a good bundle passes', () => {
  it.each(Object.keys(goodBundles) as GoodBundleName[])('%s', async (name) => {
    const bundle = await sigstore.sign(goodBundles[name]);
    expect(await judge(bundle, sigstore.trustRoot, policyFor(name, sigstore))).toBe('passed');
  });
});

describe('every fault', () => {
  it('has an expected refusal, and no other one', () => {
    expect(expectedFaults).toEqual(everyFault.map(({ name }) => name));
  });
});

const sections: readonly FaultSection[] = ['log binding', 'log trust', 'time', 'certificates', 'content', 'identity'];

describe.each(sections)('%s is refused:', (section) => {
  const faults = everyFault.filter((fault) => fault.section === section);

  it.each(faults)('$name', async ({ name, on }) => {
    const bad = await sigstore.withFaults(name);
    for (const bundle of on) {
      const outcome = await judge(await bad.sign(goodBundles[bundle]), bad.trustRoot, policyFor(bundle, sigstore));
      expect(`${bundle}: ${outcome}`).toBe(`${bundle}: ${String(expectedRefusal(name, bundle))}`);
    }
  });
});
