import { describe, expect, it } from 'vitest';
import { isPackError } from '../../../src/errors.ts';
import { verifyTimestamp } from '../../../src/verify/timestamp/verify-timestamp.ts';
import { caseNames, readCase, skipped } from '../conformance-case.ts';

/** What the timestamp has to do with the refusal of a case. */
const refusals: Readonly<Record<string, string>> = {
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-payload-mismatch_fail': 'ERR_TIMESTAMP_INVALID',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'ERR_TIMESTAMP_UNTRUSTED',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'ERR_TIMESTAMP_UNTRUSTED',
};

async function codesOf(name: string): Promise<readonly string[]> {
  const { bundle, trust, signed } = readCase(name);
  const checks = bundle.timestamps.map((response) =>
    verifyTimestamp(response, signed.signature, trust.timestampAuthorities).then(
      () => 'passed',
      (error: unknown) => (isPackError(error) ? error.code : Promise.reject(error as Error)),
    ),
  );
  return Promise.all(checks);
}

describe('timestamps of the Sigstore conformance suite', () => {
  it.skipIf(skipped)('have all their cases beside the repository', () => {
    expect(caseNames.length).toBe(70);
  });

  it.each(caseNames.filter((name) => !name.endsWith('_fail')))('%s passes', async (name) => {
    for (const code of await codesOf(name)) expect(code).toBe('passed');
  });

  it.each(Object.entries(refusals).filter(([name]) => caseNames.includes(name)))('%s is %s', async (name, code) => {
    expect(await codesOf(name)).toEqual([code]);
  });
});
