import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/encoding.ts';
import { parseJson } from '../../src/bytes/json.ts';

const text = (value: unknown): string => fromUtf8(canonicalJson(value));

describe('canonicalJson', () => {
  it('writes the example of RFC 8785 section 3.2.2', () => {
    const example =
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}';
    // Section 3.2.4.
    const expected =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e33' +
      '3333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e' +
      '4127425c225c5c5c5c5c222f227d';
    expect(toHex(canonicalJson(parseJson(example)))).toBe(expected);
  });

  it('sorts keys by UTF-16 units, as RFC 8785 section 3.2.3 does', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
    const value = Object.fromEntries(names.map((name) => [name, 0]));
    expect(text(value)).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
  });

  // RFC 8785 appendix B.
  it.each([
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [999999999999999700000, '999999999999999700000'],
    [1e21, '1e+21'],
    [9.999999999999997e-7, '9.999999999999997e-7'],
    [0.000001, '0.000001'],
    [333333333.3333332, '333333333.3333332'],
    [-0.0000033333333333333333, '-0.0000033333333333333333'],
    [1424953923781206.2, '1424953923781206.2'],
  ])('writes the number %d as %s', (number, expected) => {
    expect(text(number)).toBe(expected);
  });

  it('leaves out members that are undefined', () => {
    expect(text({ b: undefined, a: [{ c: undefined }] })).toBe('{"a":[{}]}');
  });

  it('writes what toJSON gives', () => {
    expect(text({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });

  const circle: unknown[] = [];
  circle.push({ circle });

  it.each([
    ['nothing', undefined],
    ['NaN', { a: NaN }],
    ['infinity', [Infinity]],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['a function', { a: () => 1 }],
    ['a function in an array', [() => 1]],
    ['a symbol', { a: Symbol('a') }],
    ['a bigint', 1n],
    ['undefined in an array', [undefined]],
    ['a hole in an array', new Array(2)],
    ['what contains itself', circle],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });

  it('is idempotent, and blind to the order of members', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
        (value) => {
          const once = canonicalJson(value);
          expect(canonicalJson(parseJson(once))).toEqual(once);
          expect(canonicalJson(reversed(value))).toEqual(once);
          expect(once).toEqual(utf8(text(value)));
        },
      ),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
