import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytewise, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';

const one = new Uint8Array([1]);
const bytesOf = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

describe('UTF-8', () => {
  it('is read back as it was written, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
    expect(fromUtf8(bytesOf(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each([
    ['a stray continuation byte', [0x80]],
    ['a cut sequence', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('is refused with %s', (_, bytes) => {
    expect(() => fromUtf8(bytesOf(...bytes))).toThrow(TypeError);
  });
});

describe('hexadecimal', () => {
  it('has every byte as two lower-case digits', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(toHex(all)).toBe([...all].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    expect(fromHex(toHex(all))).toEqual(all);
    expect(fromHex(toHex(all).toUpperCase())).toEqual(all);
  });

  it.each(['0', '0g', '0/', '0:', '0@', '0`', '0 ', 'é0', '0x'])('is refused as %j', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });

  it('of nothing is nothing', () => {
    expect(fromHex('')).toEqual(bytesOf());
    expect(toHex(bytesOf())).toBe('');
  });
});

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j', (text, base64) => {
    expect(toBase64(utf8(text))).toBe(base64);
    expect(fromBase64(base64)).toEqual(utf8(text));
  });

  it.each([
    ['white space', 'Zm9v\n'],
    ['no padding', 'Zg'],
    ['too little padding', 'Zg='],
    ['too much padding', 'Zg==='],
    ['padding alone', '===='],
    ['padding in the middle', 'Zg==Zg=='],
    ['url-safe letters', '__-_'],
    ['stray pad bits before two signs', 'Zh=='],
    ['stray pad bits before one sign', 'Zm9='],
    ['another script', 'Zm9é'],
  ])('is refused with %s', (_, text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it('has one text for each array', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9+/]{0,7}={0,2}$/), (text) => {
        const bytes = fromBase64(text);
        return bytes === undefined || toBase64(bytes) === text;
      }),
    );
  });

  it('and hexadecimal are read back from a megabyte and one byte, which is more than one chunk', () => {
    const bytes = Uint8Array.from({ length: 1024 * 1024 + 1 }, (_, index) => index * 7);
    expect(digestOf(fromBase64(toBase64(bytes)) ?? one)).toBe(digestOf(bytes));
    expect(digestOf(fromHex(toHex(bytes)) ?? one)).toBe(digestOf(bytes));
  });
});

describe('compareBytewise', () => {
  const byBytes = (a: string, b: string): number => {
    const [x, y] = [utf8(a), utf8(b)];
    const at = x.findIndex((byte, index) => byte !== y[index]);
    if (at === -1) return x.length - y.length;
    return at >= y.length ? 1 : (x[at] ?? 0) - (y[at] ?? 0);
  };

  it('sorts as the UTF-8 bytes do', () => {
    const letters = fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}');
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: letters }));
    fc.assert(
      fc.property(texts, texts, (a, b) => Math.sign(compareBytewise(a, b)) === Math.sign(byBytes(a, b))),
      { numRuns: 1000 },
    );
  });

  it('puts what lies above U+FFFF last, as UTF-16 does not', () => {
    expect(['\u{10000}', '\uffff', 'a', ''].sort(compareBytewise)).toEqual(['', 'a', '\uffff', '\u{10000}']);
  });
});
