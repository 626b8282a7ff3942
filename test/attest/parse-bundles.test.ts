import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseBundles } from '../../src/attest/parse-bundles.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { thrownBy } from './change-document.ts';
import { someBundle, someDsseBundle } from './some-documents.ts';

const [first, second] = [JSON.stringify(someBundle), JSON.stringify(someDsseBundle)];

describe('parseBundles', () => {
  it.each([
    ['lines', `${first}\n${second}\n`],
    ['a last line without an end', `${first}\n${second}`],
    ['lines that end as on Windows', `${first}\r\n${second}\r\n`],
    ['empty lines', `\n${first}\n \t\n\n${second}\n\n`],
  ])('reads one bundle a line: %s', (_what, text) => {
    const expected = [parseBundle(first), parseBundle(second)];
    expect(parseBundles(text)).toEqual(expected);
    expect(parseBundles(utf8(text))).toEqual(expected);
  });

  it('reads nothing as no bundles', () => {
    expect(parseBundles('')).toEqual([]);
    expect(parseBundles('\n\n')).toEqual([]);
  });

  it('says which line is no bundle', () => {
    expect(thrownBy(() => parseBundles(`${first}\n\n{}\n`))).toMatchObject({
      code: 'ERR_BUNDLE_INVALID',
      message: expect.stringContaining('line 3') as string,
    });
  });

  it('refuses text that is not well formed instead of mending it', () => {
    const text = first.replace('rekor.example', 'rekor\ud800');
    expect(thrownBy(() => parseBundles(text))).toMatchObject({ code: 'ERR_BUNDLE_INVALID' });
  });

  it('takes as many bundles and bytes as the limit and refuses one more', () => {
    const lines = (count: number): string => `${first}\n`.repeat(count);
    expect(parseBundles(lines(100))).toHaveLength(100);
    expect(parseBundles(lines(3), { maxBundles: 3, maxBytes: lines(3).length })).toHaveLength(3);
    for (const limits of [{}, { maxBundles: 100 }, { maxBundles: 200, maxBytes: lines(101).length - 1 }]) {
      expect(thrownBy(() => parseBundles(lines(101), limits))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    }
  });

  it.each([{ maxBundle: 1 }, { maxBundles: 0 }, { maxBytes: 1.5 }])('refuses the limits %j', (limits) => {
    expect(thrownBy(() => parseBundles(first, limits))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
