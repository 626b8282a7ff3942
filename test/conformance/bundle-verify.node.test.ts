import { describe, expect, it } from 'vitest';
import { publicGoodTrustRoot } from '../../src/adapters/trust/public-good.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { evaluate } from '../../src/verify/evaluate.ts';
import type { ArtifactInput } from '../../src/verify/artifact.ts';
import type { VerificationReport } from '../../src/verify/report.ts';
import { bundleCases, refusals, skipped, type BundleCase } from './bundle-cases.ts';

async function reportOn(
  { bundle, trustedRoot, keyPem, identity, issuer }: BundleCase,
  artifact: ArtifactInput,
): Promise<VerificationReport> {
  return evaluate(artifact, parseBundle(bundle), {
    trust: trustedRoot === undefined ? publicGoodTrustRoot() : parseTrustRoot(trustedRoot),
    policy: {
      version: 1,
      signers: { anyOf: [keyPem === undefined ? { identity, issuer } : { key: keyPem }] },
      predicates: [{ unsafeAnyPredicate: true }],
    },
  });
}

/** `passed`, or the code of why not. */
async function outcomeOf(one: BundleCase, artifact: ArtifactInput): Promise<string> {
  try {
    const { verdict, code } = await reportOn(one, artifact);
    return code ?? verdict;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const expected = ({ name }: BundleCase): string => (name.endsWith('_fail') ? (refusals[name] ?? 'a code') : 'passed');

describe('the Sigstore conformance suite', () => {
  it.skipIf(skipped)('has all its 70 cases beside the repository', () => {
    expect(bundleCases.length).toBe(70);
  });

  it.each(bundleCases.map((one) => [one.name, one] as const))('%s, by its bytes', async (_name, one) => {
    expect(await outcomeOf(one, one.artifact)).toBe(expected(one));
  });

  it.each(bundleCases.map((one) => [one.name, one] as const))('%s, by its digest', async (_name, one) => {
    expect(await outcomeOf(one, digestOf(one.artifact))).toBe(expected(one));
  });

  it.skipIf(skipped)('refuses a timestamp at the wrong time, too, when its base64 is right', async () => {
    const [one] = bundleCases.filter(({ name }) => name === 'rekor2-timestamp-with-incorrect-time_fail');
    if (one === undefined) throw new Error('the case is missing');
    const bundle = one.bundle.replaceAll(String.raw`\n`, '');
    expect(await outcomeOf({ ...one, bundle }, one.artifact)).toBe('ERR_CERTIFICATE_EXPIRED');
  });

  it.skipIf(skipped)('gives reports that are the same after JSON', async () => {
    for (const one of bundleCases) {
      const report = await reportOn(one, one.artifact).catch(() => undefined);
      expect(JSON.parse(JSON.stringify(report ?? null))).toEqual(report ?? null);
    }
  });
});
