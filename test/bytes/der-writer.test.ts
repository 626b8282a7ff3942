import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derGeneralizedTime,
  derIa5String,
  derImplicit,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derRetag,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
} from '../../src/bytes/der-writer.ts';
import { toHex } from '../../src/bytes/encoding.ts';

const bytes = (...octets: number[]): Uint8Array => Uint8Array.from(octets);

describe('lengths', () => {
  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('of %i octets take the shortest form', (length, head) => {
    const element = derOctetString(new Uint8Array(length));
    expect(toHex(element.subarray(0, head.length / 2))).toBe(head);
    expect(element).toHaveLength(head.length / 2 + length);
  });
});

describe('integers', () => {
  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [-1, '0201ff'],
    [-128, '020180'],
    [-129, '0202ff7f'],
    [2n ** 64n, '0209010000000000000000'],
  ])('%s has the fewest octets', (value, hex) => {
    expect(toHex(derInteger(value))).toBe(hex);
  });

  it('of octets are never negative and have no zeros in front', () => {
    expect(toHex(derInteger(bytes(0x80)))).toBe('02020080');
    expect(toHex(derInteger(bytes(0, 0, 0x7f)))).toBe('02017f');
    expect(toHex(derInteger(bytes(0, 0)))).toBe('020100');
    expect(toHex(derInteger(bytes()))).toBe('020100');
  });

  it('are the same from a number and from its octets', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), (value) => {
        const hex = value.toString(16);
        const octets = Uint8Array.from((hex.length % 2 === 0 ? hex : `0${hex}`).match(/../g) ?? [], (pair) =>
          parseInt(pair, 16),
        );
        expect(derInteger(octets)).toEqual(derInteger(value));
      }),
    );
  });

  it('refuse a fraction', () => {
    expect(() => derInteger(1.5)).toThrow(RangeError);
  });
});

describe('object identifiers', () => {
  it.each([
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['2.5.29.17', '0603551d11'],
    ['2.999.3', '0603883703'],
    ['0.39', '060127'],
    ['1.3.6.1.4.1.57264.1.24', '060a2b0601040183bf300118'],
    ['2.25.340282366920938463463374607431768211455', '06146983ffffffffffffffffffffffffffffffffff7f'],
  ])('%s', (dotted, hex) => {
    expect(toHex(derOid(dotted))).toBe(hex);
  });

  it.each(['', '1', '3.1', '1.40', '1.02', '1.2.', '1..2', '1.2.x', '1.-2'])('refuse %j', (dotted) => {
    expect(() => derOid(dotted)).toThrow(RangeError);
  });
});

describe('bit strings', () => {
  it('of whole octets have no unused bits', () => {
    expect(toHex(derBitString(bytes(1, 2)))).toBe('0303000102');
  });

  it('of named bits leave out the zeros at the end', () => {
    expect(toHex(derNamedBits([0]))).toBe('03020780');
    expect(toHex(derNamedBits([5, 6]))).toBe('03020106');
    expect(toHex(derNamedBits([8]))).toBe('0303070080');
    expect(toHex(derNamedBits([]))).toBe('030100');
  });

  it('refuse unused bits that are not 0, or more of them than there are', () => {
    expect(() => derBitString(bytes(1), 1)).toThrow(RangeError);
    expect(() => derBitString(bytes(0), 8)).toThrow(RangeError);
    expect(() => derBitString(bytes(), 1)).toThrow(RangeError);
  });
});

describe('strings', () => {
  it('carry their tag', () => {
    expect(toHex(derUtf8String('é'))).toBe('0c02c3a9');
    expect(toHex(derPrintableString('Abc 1'))).toBe('13054162632031');
    expect(toHex(derIa5String('a@b'))).toBe('1603614062');
  });

  it('refuse letters that their type cannot hold', () => {
    expect(() => derPrintableString('a@b')).toThrow(RangeError);
    expect(() => derIa5String('é')).toThrow(RangeError);
  });
});

describe('times', () => {
  const text = (element: Uint8Array): string => new TextDecoder().decode(element.subarray(2));

  it.each([
    [0x18, '1949-12-31T23:59:59Z', '19491231235959Z'],
    [0x17, '1950-01-01T00:00:00Z', '500101000000Z'],
    [0x17, '2049-12-31T23:59:59.999Z', '491231235959Z'],
    [0x18, '2050-01-01T00:00:00Z', '20500101000000Z'],
  ])('of certificates: tag %i for %s', (tag, time, digits) => {
    const element = derTime(Date.parse(time));
    expect(element[0]).toBe(tag);
    expect(text(element)).toBe(digits);
  });

  it.each([
    ['2026-01-02T03:04:05Z', '20260102030405Z'],
    ['2026-01-02T03:04:05.500Z', '20260102030405.5Z'],
    ['2026-01-02T03:04:05.050Z', '20260102030405.05Z'],
    ['2026-01-02T03:04:10Z', '20260102030410Z'],
  ])('with a fraction only where it is not 0: %s', (time, digits) => {
    expect(text(derGeneralizedTime(Date.parse(time)))).toBe(digits);
  });

  it('refuse a year of more than four digits', () => {
    expect(() => derTime(Date.parse('+010000-01-01T00:00:00Z'))).toThrow(RangeError);
  });
});

describe('constructed values', () => {
  it('keep the order of a sequence and sort a set by encoding', () => {
    const [one, two] = [derInteger(1), derInteger(2)];
    expect(toHex(derSequence(two, one))).toBe('3006020102020101');
    expect(toHex(derSetOf(two, one))).toBe('3106020101020102');
    expect(derSetOf(derOctetString(bytes(1, 1)), derOctetString(bytes(1)))).toEqual(
      derSetOf(derOctetString(bytes(1)), derOctetString(bytes(1, 1))),
    );
    expect(toHex(derSetOf(bytes(5), bytes(5, 0)))).toBe('3103050500');
  });

  it('put context tags around or instead', () => {
    expect(toHex(derExplicit(0, derInteger(2)))).toBe('a003020102');
    expect(toHex(derImplicit(6, bytes(0x61)))).toBe('860161');
    expect(toHex(derRetag(1, derSequence(derNull())))).toBe('a1020500');
    expect(toHex(derRetag(1, derNull()))).toBe('8100');
    expect(() => derExplicit(31)).toThrow(RangeError);
    expect(() => derImplicit(-1, bytes())).toThrow(RangeError);
  });

  it('write booleans, null and any other element', () => {
    expect(toHex(derBoolean(true))).toBe('0101ff');
    expect(toHex(derBoolean(false))).toBe('010100');
    expect(toHex(derNull())).toBe('0500');
    expect(toHex(derElement(0x0a, bytes(1)))).toBe('0a0101');
  });
});
