import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/testing/sigstore/fault.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { statementFaults } from '../../../src/testing/sigstore/faults/statement.ts';
import { goodBundles, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { accept, runs } from './sigstore-js.ts';

/**
 * What @sigstore/verify 4.1.3 accepts, asked for exactly this identity and issuer and as much evidence as there is. That
 * is no list of holes: it leaves much to those who call it, statements for one, and some of it no certificate authority
 * would ever issue. It shows that nothing but the one thing is wrong with these bundles.
 */
const accepted = [
  'entry-with-another-key',
  'entry-with-the-bare-key',
  'checkpoint-of-another-origin',
  'checkpoint-size-with-sign',
  'checkpoint-size-with-zeros',
  'checkpoint-of-another-size',
  'proof-of-an-empty-tree',
  'proof-of-another-root',
  'log-key-ended of message of Rekor v2',
  'log-key-not-begun of message of Rekor v2',
  'log-key-without-start',
  'ct-log-key-without-start',
  'timestamp-authority-without-start',
  'logs-of-one-operator',
  'ct-logs-of-one-operator',
  'timestamp-authorities-of-one-operator',
  'timestamps-of-one-authority',
  'timestamp-not-bound',
  'timestamp-bound-to-another',
  'timestamp-purpose-other',
  'timestamp-purpose-among-others',
  'timestamp-purpose-not-critical',
  'timestamp-purpose-missing',
  'timestamp-refused',
  'root-in-the-bundle',
  'issuer-for-another-purpose',
  'purpose-other',
  'purpose-missing',
  'usage-other',
  'certificate-of-an-authority',
  'extension-critical-and-unknown',
  'extension-twice',
  'precertificate',
  'names-two',
  'serial-negative',
  'serial-too-long',
  'serial-not-minimal',
  'algorithm-inside-other',
  'serial-empty',
  'message-digest-other of message of a key without log',
  'payload-of-another-type',
  'payload-no-statement',
  'payload-no-json',
  'contents-two of message',
  'key-id-of-another',
  'media-type-unknown',
  'member-twice',
  'member-twice-when-unescaped',
  'member-of-the-prototype',
  'member-unknown',
  'nesting-deep',
  'number-not-finite',
  'base64-with-space',
  'base64-without-padding',
  'source-of-a-fork',
  'runner-of-ones-own',
  'issuers-that-disagree',
  'address-as-a-uri',
  'uri-as-an-address',
  'extension-missing',
];

const workflow = '^https://github\\.com/example/project/\\.github/workflows/release\\.yml@refs/tags/v1\\.0\\.0$';
const policies = {
  workflow: { subjectAlternativeName: workflow, extensions: { issuer: 'https://token.actions.githubusercontent.com' } },
  address: { subjectAlternativeName: '^dev@example\\.com$', extensions: { issuer: 'https://login.example' } },
};

function policyOf(name: GoodBundleName): (typeof policies)['workflow'] | undefined {
  if (goodBundles[name].signer === 'key') return undefined;
  return name === 'message of an email address' ? policies.address : policies.workflow;
}

async function isAccepted(sigstore: TestSigstore, name: GoodBundleName): Promise<boolean> {
  try {
    await accept(sigstore, goodBundles[name], undefined, policyOf(name));
    return true;
  } catch {
    return false;
  }
}

/** The bundles of a fault that pass: its name for all, its name and theirs for some. */
async function passing({ name, on }: Fault, good: TestSigstore): Promise<string[]> {
  const bad = await good.withFaults(name);
  const passed: string[] = [];
  for (const bundle of on) if (await isAccepted(bad, bundle)) passed.push(bundle);
  if (passed.length === 0) return [];
  return [passed.length === on.length ? name : `${name} of ${passed.join(', ')}`];
}

describe.skipIf(!runs)('what this verifier refuses and @sigstore/verify accepts', () => {
  it('is known', { timeout: 120_000 }, async () => {
    const good = await createTestSigstore();
    const found: string[] = [];
    for (const fault of everyFault) if (!statementFaults.includes(fault)) found.push(...(await passing(fault, good)));
    expect(found).toEqual(accepted);
  });

  it('are statements of any kind, which it leaves to its caller', { timeout: 60_000 }, async () => {
    const good = await createTestSigstore();
    const found: string[] = [];
    for (const fault of statementFaults) found.push(...(await passing(fault, good)));
    expect(found).toEqual(statementFaults.map(({ name }) => name));
  });
});
