import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derCursor, derTags, readDer, type DerNode } from '../../src/bytes/der-reader.ts';
import { asciiOf, bitStringOf, booleanOf, integerOf, oidOf, textOf, timeOf } from '../../src/bytes/der-values.ts';
import { derElement, derInteger, derOid, derSequence } from '../../src/bytes/der-writer.ts';
import { fromHex, utf8 } from '../../src/bytes/encoding.ts';

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array();
}

function read(hex: string): DerNode {
  return readDer(bytesOf(hex));
}

const invalid = expect.objectContaining({ name: 'FormatError', code: 'ERR_DER_INVALID' }) as Error;

describe('readDer', () => {
  it('gives the values in a constructed one as views of the same bytes', () => {
    const bytes = bytesOf('30 07 02 01 05 04 02 61 62');
    const node = readDer(bytes, derTags.sequence);
    expect(node.children.map(({ tag, value }) => [tag, [...value]])).toEqual([
      [0x02, [5]],
      [0x04, [0x61, 0x62]],
    ]);
    expect(node.children.map(({ bytes: part }) => [part.buffer === bytes.buffer, part.byteOffset])).toEqual([
      [true, 2],
      [true, 5],
    ]);
  });

  // Pages have it only where they are isolated.
  it.skipIf(typeof SharedArrayBuffer === 'undefined')('reads shared memory as a copy', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    shared.set([5, 0]);
    expect(readDer(shared).bytes.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it.each([
    ['nothing', ''],
    ['a tag without a length', '30'],
    ['a length of fewer octets than it says', '04 82 01'],
    ['a value that ends too early', '04 03 61 62'],
    ['a byte after the value', '05 00 00'],
    ['an indefinite length', '30 80 00 00'],
    ['a short length in two octets', '04 81 01 61'],
    ['a length with a zero in front', `04 82 00 80 ${'61'.repeat(0x80)}`],
    ['a length in three octets', '04 83 01 00 00 61'],
    ['a length of 127 octets', `04 ff ${'00'.repeat(127)}`],
    ['end of contents', '00 00'],
    ['a tag number above 30', '1f 21 00'],
    ['a context tag number above 30', 'bf 21 00'],
    ['a string in parts', '24 03 04 01 61'],
    ['a primitive SEQUENCE', '10 00'],
    ['a primitive SET', '11 00'],
    ['a constructed INTEGER', '22 03 02 01 01'],
    ['an EXTERNAL', '28 00'],
    ['a BOOLEAN of another value', '01 01 01'],
    ['a BOOLEAN without a value', '01 00'],
    ['a BOOLEAN of two octets', '01 02 ff ff'],
    ['an INTEGER without octets', '02 00'],
    ['an INTEGER with a zero in front', '02 02 00 7f'],
    ['an INTEGER with ones in front', '02 02 ff 80'],
    ['an ENUMERATED with a zero in front', '0a 02 00 01'],
    ['a BIT STRING without octets', '03 00'],
    ['a BIT STRING of unused bits alone', '03 01 01'],
    ['a BIT STRING with 8 unused bits', '03 02 08 00'],
    ['a BIT STRING with an unused bit set', '03 02 01 01'],
    ['a NULL with a value', '05 01 00'],
    ['an OBJECT IDENTIFIER without arcs', '06 00'],
    ['an OBJECT IDENTIFIER that ends within an arc', '06 02 2a 86'],
    ['an OBJECT IDENTIFIER with padding in its first arc', '06 02 80 01'],
    ['an OBJECT IDENTIFIER with padding in a later arc', '06 03 2a 80 01'],
    ['an OBJECT IDENTIFIER of 129 octets', `06 81 81 ${'01'.repeat(129)}`],
    ['something wrong deep within', '30 06 30 04 a0 02 02 00'],
    ['a value that reaches over its parent', '30 02 04 01 61'],
  ])('refuses %s', (_what, hex) => {
    expect(() => read(hex)).toThrow(invalid);
  });

  it('refuses another tag than is expected', () => {
    expect(() => readDer(bytesOf('30 00'), derTags.set)).toThrow(invalid);
  });

  it('reads 32 levels and no 33rd', () => {
    const nested = (levels: number): Uint8Array => {
      let bytes: Uint8Array = derSequence();
      for (let level = 1; level < levels; level++) bytes = derSequence(bytes);
      return bytes;
    };
    expect(readDer(nested(32)).tag).toBe(derTags.sequence);
    expect(() => readDer(nested(33))).toThrow(invalid);
  });

  it('reads 64 KiB and no byte more', () => {
    expect(readDer(derElement(0x04, new Uint8Array(65_532))).value.length).toBe(65_532);
    expect(() => readDer(derElement(0x04, new Uint8Array(65_533)))).toThrow(invalid);
  });

  it('takes time that grows with the bytes, for the most values that fit', () => {
    expect(
      readDer(
        derElement(
          0x30,
          new Uint8Array(65_532).map((_, index) => (index % 2 === 0 ? 4 : 0)),
        ),
      ).children,
    ).toHaveLength(32_766);
  });

  it('reads or refuses any bytes with an error of its own, and what it reads is that number of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(readDer(bytes).bytes).toEqual(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_DER_INVALID' });
        }
      }),
    );
  });
});

describe('derCursor', () => {
  const node = read('30 08 02 01 05 05 00 80 01 61');

  it('walks through values, and finds what is optional or not there', () => {
    const cursor = derCursor(node);
    expect(cursor.optional(derTags.boolean)).toBeUndefined();
    expect(integerOf(cursor.expect(derTags.integer))).toBe(5n);
    expect(cursor.optional(derTags.null)?.bytes).toEqual(bytesOf('05 00'));
    expect(cursor.next()?.tag).toBe(0x80);
    expect(cursor.next()).toBeUndefined();
    cursor.end();
  });

  it('refuses another value, no value, and values that are left', () => {
    const cursor = derCursor(node);
    expect(() => cursor.expect(derTags.null)).toThrow(invalid);
    expect(() => derCursor(read('30 00')).expect(derTags.null)).toThrow(invalid);
    expect(() => cursor.end()).toThrow(invalid);
  });
});

describe('values of DER', () => {
  it.each([
    ['06 03 55 04 03', '2.5.4.3'],
    ['06 01 27', '0.39'],
    ['06 01 4f', '1.39'],
    ['06 02 88 37', '2.999'],
    ['06 06 2a 90 80 80 80 00', '1.2.4294967296'],
    ['06 0b 2a 82 80 80 80 80 80 80 80 80 01', '1.2.18446744073709551617'],
  ])('reads the object identifier %s as %s', (hex, text) => {
    expect(oidOf(read(hex))).toBe(text);
  });

  it('reads back every object identifier that is written', () => {
    const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 80n }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.nat(2), fc.nat(39), arcs, (first, second, rest) => {
        const text = [first, second, ...rest].join('.');
        expect(oidOf(readDer(derOid(text)))).toBe(text);
      }),
    );
  });

  it('reads back every integer that is written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        expect(integerOf(readDer(derInteger(value)))).toBe(value);
      }),
    );
  });

  it('reads enumerations, truth and bits', () => {
    expect(integerOf(read('0a 01 ff'))).toBe(-1n);
    expect([booleanOf(read('01 01 ff')), booleanOf(read('01 01 00'))]).toEqual([true, false]);
    expect(bitStringOf(read('03 02 00 61'))).toEqual(utf8('a'));
    expect(() => bitStringOf(read('03 02 01 62'))).toThrow(invalid);
  });

  it('reads text of three kinds, and refuses what is none', () => {
    expect(textOf(read('0c 02 c3 a4'))).toBe('ä');
    expect(textOf(read('13 01 61'))).toBe('a');
    expect(textOf(read('16 01 61'))).toBe('a');
    expect(asciiOf(utf8('a'))).toBe('a');
    expect(() => textOf(read('0c 01 c3'))).toThrow(invalid);
    expect(() => textOf(read('16 02 c3 a4'))).toThrow(invalid);
    expect(() => textOf(read('04 01 61'))).toThrow(invalid);
  });

  it('refuses each value of another tag', () => {
    for (const of of [oidOf, integerOf, booleanOf, bitStringOf, timeOf])
      expect(() => of(read('05 00'))).toThrow(invalid);
  });

  const time = (tag: number, text: string, fraction?: boolean): number =>
    timeOf(readDer(derElement(tag, utf8(text))), { fraction });

  it.each([
    [derTags.utcTime, '240229235959Z', '2024-02-29T23:59:59.000Z'],
    [derTags.utcTime, '491231000000Z', '2049-12-31T00:00:00.000Z'],
    [derTags.utcTime, '500101000000Z', '1950-01-01T00:00:00.000Z'],
    [derTags.generalizedTime, '20500101000000Z', '2050-01-01T00:00:00.000Z'],
    [derTags.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59.000Z'],
    [derTags.generalizedTime, '00000101000000Z', '0000-01-01T00:00:00.000Z'],
  ])('reads a time (%i): %s', (tag, text, iso) => {
    expect(new Date(time(tag, text)).toISOString()).toBe(iso);
  });

  it('reads fractions of a second only where they are allowed', () => {
    expect(time(derTags.generalizedTime, '20240101000000.5Z', true)).toBe(Date.UTC(2024, 0) + 500);
    expect(time(derTags.generalizedTime, '20240101000000.0625Z', true)).toBe(Date.UTC(2024, 0) + 62.5);
    expect(() => time(derTags.generalizedTime, '20240101000000.5Z')).toThrow(invalid);
  });

  it.each([
    [derTags.utcTime, '2401010000Z'],
    [derTags.utcTime, '240101000000'],
    [derTags.utcTime, '240101000000+0000'],
    [derTags.utcTime, '20240101000000Z'],
    [derTags.utcTime, '240230000000Z'],
    [derTags.utcTime, '240001000000Z'],
    [derTags.utcTime, '240101240000Z'],
    [derTags.utcTime, '240101000060Z'],
    [derTags.utcTime, '240101000000Z\n'],
    [derTags.utcTime, '24010100000٠Z'],
    [derTags.utcTime, '240101000000.5Z'],
    [derTags.generalizedTime, '20240101000000'],
    [derTags.generalizedTime, '20240101000000z'],
    [derTags.generalizedTime, '20240101000000.Z'],
    [derTags.generalizedTime, '20240101000000.50Z'],
    [derTags.generalizedTime, '20240101000000,5Z'],
    [derTags.generalizedTime, '240101000000Z'],
  ])('refuses a time (%i): %s', (tag, text) => {
    expect(() => time(tag, text, true)).toThrow(invalid);
  });
});
