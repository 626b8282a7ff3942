import { describe, expect, it } from 'vitest';
import { reportOn, signed, trust, verdictOn } from './some-evidence.ts';

describe('every proven time', async () => {
  const bundle = await signed('message stamped');
  const { bundles } = await reportOn(bundle);
  const [last = 0, first = 0] = (bundles[0]?.times ?? []).map(({ time }) => Date.parse(time)).sort((a, b) => b - a);
  const [authority] = trust.certificateAuthorities;
  if (authority === undefined) throw new Error('the trust root has no authority');
  const early = { ...authority, validFor: { start: 0, end: first } };
  const late = { ...authority, validFor: { start: last, end: undefined } };
  const by = (...certificateAuthorities: (typeof authority)[]): Promise<string> =>
    verdictOn(bundle, {}, { trust: { ...trust, certificateAuthorities } });

  it('is in the period of an authority, be it of another each time', async () => {
    expect(first).toBeLessThan(last);
    expect(await by(early, late)).toBe('passed');
    expect(await by(late, early)).toBe('passed');
  });

  it('is refused where one of them is in none', async () => {
    expect(await by(early)).toBe('ERR_CERTIFICATE_EXPIRED');
    expect(await by(late)).toBe('ERR_CERTIFICATE_EXPIRED');
  });
});
