import { describe, expect, it } from 'vitest';
import { publicGoodTrustRoot, publicGoodTrustRootDate } from '../../../src/adapters/trust/public-good.ts';

describe('the embedded trust root of the public-good instance', () => {
  const root = publicGoodTrustRoot();

  it('lists the logs and authorities of sigstore.dev', () => {
    expect(root.logs.map(({ operator }) => operator)).toEqual(['rekor.sigstore.dev', 'log2025-1.rekor.sigstore.dev']);
    expect(root.ctLogs.map(({ baseUrl }) => baseUrl)).toEqual([
      'https://ctfe.sigstore.dev/test',
      'https://ctfe.sigstore.dev/2022',
    ]);
    expect(root.certificateAuthorities.map(({ certificates }) => certificates.length)).toEqual([1, 2]);
    expect(root.timestampAuthorities.map(({ operator }) => operator)).toEqual(['timestamp.sigstore.dev']);
  });

  it('was good on the day that it says', () => {
    const day = Date.parse(publicGoodTrustRootDate);
    for (const { publicKey } of root.logs) expect(publicKey.validFor.start).toBeLessThan(day);
  });

  it('is the same value each time', () => {
    expect(publicGoodTrustRoot()).toBe(root);
  });
});
