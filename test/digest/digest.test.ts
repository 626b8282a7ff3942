import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { algorithmOf, digestOf, digestSizes, hexOf, isDigest, parseDigest } from '../../src/digest/index.ts';

const sha256 = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' as const;

describe('digestOf', () => {
  // FIPS 180-4, the example "abc".
  it.each([
    ['sha256', sha256],
    [
      'sha384',
      'sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
    ],
    [
      'sha512',
      'sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
  ] as const)('gives the %s of "abc"', (algorithm, digest) => {
    expect(digestOf(utf8('abc'), algorithm)).toBe(digest);
  });

  it('takes sha256 where nobody says which', () => {
    expect(digestOf(utf8('abc'))).toBe(sha256);
  });

  it('refuses another algorithm', () => {
    expect(() => digestOf(utf8('abc'), 'md5' as 'sha256')).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });
});

describe('parseDigest', () => {
  it('takes what digestOf gives', () => {
    const algorithms = fc.constantFrom('sha256', 'sha384', 'sha512');
    fc.assert(
      fc.property(fc.uint8Array(), algorithms, (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm);
        expect(parseDigest(digest)).toBe(digest);
        expect(algorithmOf(digest)).toBe(algorithm);
        expect(hexOf(digest).length).toBe(digestSizes[algorithm] * 2);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no colon', 'sha256'],
    ['no algorithm', `:${'a'.repeat(64)}`],
    ['another algorithm', `sha1:${'a'.repeat(40)}`],
    ['an algorithm in upper case', `SHA256:${'a'.repeat(64)}`],
    ['a name that every object has', `constructor:${'a'.repeat(64)}`],
    ['hex in upper case', `sha256:${'A'.repeat(64)}`],
    ['a digit too few', `sha256:${'a'.repeat(63)}`],
    ['a digit too many', `sha256:${'a'.repeat(65)}`],
    ['the length of another algorithm', `sha512:${'a'.repeat(64)}`],
    ['a letter that is no digit', `sha256:${'a'.repeat(63)}g`],
    ['a line end', `sha256:${'a'.repeat(63)}\n`],
    ['a path', `sha256:../../../../etc/passwd${'a'.repeat(42)}`],
    ['a second colon', `sha256:${'a'.repeat(31)}:${'a'.repeat(32)}`],
  ])('refuses %s', (_, text) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_INVALID_DIGEST' }) as Error,
    );
  });

  it('is for strings', () => {
    expect(isDigest(1)).toBe(false);
    expect(isDigest([sha256])).toBe(false);
  });
});
