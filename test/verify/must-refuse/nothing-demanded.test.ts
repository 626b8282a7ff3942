import { beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/testing/sigstore/fault.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { goodBundles, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { judge, policyFor } from './judge.ts';

/** Faults that consist in there being less than is demanded, or nobody who is known: nothing there is wrong. */
const lacking = [
  'ct-log-unknown',
  'logs-of-one-operator',
  'ct-logs-of-one-operator',
  'timestamp-authorities-of-one-operator',
  'entry-twice',
  'entry-twice-under-two-indices',
  'sct-twice',
  'timestamp-twice',
  'timestamps-of-one-authority',
  'sct-missing',
];

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await createTestSigstore();
});

/** The policy of a good bundle, without a demand for logs and publications. */
function undemanding(name: GoodBundleName): Policy {
  const waived = goodBundles[name].signer === 'key' ? {} : { unsafeNoSct: true };
  return parsePolicy({ ...policyFor(name, sigstore), demand: { unsafeNoLog: true, ...waived } });
}

async function passes({ name, on: [bundle = 'message'] }: Fault): Promise<boolean> {
  const bad = await sigstore.withFaults(name);
  return (await judge(await bad.sign(goodBundles[bundle]), bad.trustRoot, undemanding(bundle))) === 'passed';
}

describe('evidence that is there and wrong refuses a bundle where none is demanded, too', () => {
  it.each(['log binding', 'log trust', 'time', 'certificates'])('%s', { timeout: 60_000 }, async (section) => {
    const faults = everyFault.filter((fault) => fault.section === section);
    const passing: string[] = [];
    for (const fault of faults) if (await passes(fault)) passing.push(fault.name);
    expect(passing).toEqual(faults.map(({ name }) => name).filter((name) => lacking.includes(name)));
  });
});
