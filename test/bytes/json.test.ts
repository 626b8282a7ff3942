import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { parseJson } from '../../src/bytes/json.ts';
import { isPackError } from '../../src/errors.ts';

const invalid = expect.objectContaining({ name: 'FormatError', code: 'ERR_JSON_INVALID' }) as Error;
const exceeded = expect.objectContaining({ name: 'FormatError', code: 'ERR_LIMIT_EXCEEDED' }) as Error;

describe('parseJson', () => {
  it('reads what JSON.stringify writes, as JSON.parse does', () => {
    const values = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(utf8(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads and refuses what JSON.parse does, but for what it refuses on purpose', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\u00',
      '0',
      '-',
      '1',
      '.',
      'e',
      'E+',
      'true',
      'null',
      'fals',
      ' ',
      '\n',
      '\u00a0',
      '\u0000',
    );
    const accepted = (read: (text: string) => unknown, text: string): boolean => {
      try {
        read(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
        (text) => {
          const stands = accepted(JSON.parse, text);
          if (stands && /"a"\s*:.*"a"\s*:/s.test(text)) return true;
          return accepted(parseJson, text) === stands;
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['escapes', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"', '"\\/\b\f\n\r\tA\u00e9'],
    ['an escaped surrogate pair', '"\\ud83d\\ude00"', '\u{1f600}'],
    ['NUL in a string', '"\\u0000"', '\0'],
    ['DEL in a string', '"\u007f"', '\u007f'],
    ['the largest double', '1.7976931348623157e308', Number.MAX_VALUE],
    ['a number too small for a double', '1e-400', 0],
    [
      'names of what every object has',
      '{"toString":1,"constructor":2,"hasOwnProperty":3}',
      { toString: 1, constructor: 2, hasOwnProperty: 3 },
    ],
    ['white space of every kind', ' \t\r\n{ "a" : [ 1 , 2 ] } ', { a: [1, 2] }],
  ])('reads %s', (_, text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each([
    ['a key that stands twice', '{"a":1,"a":1}'],
    ['a key that stands twice, once escaped', '{"a":1,"\\u0061":1}'],
    ['the key __proto__', '{"__proto__":{}}'],
    ['the key __proto__, escaped', '{"\\u005f_proto__":{}}'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udc00"'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"'],
    ['a lone surrogate in a key', '{"\\ud800":1}'],
    ['a number beyond a double', '1e400'],
    ['a byte order mark', '\ufeff1'],
    ['a value behind the value', '1 2'],
    ['nothing', ''],
    ['white space alone', ' \n'],
    ['a comment', '/* */1'],
    ['a comma at the end', '[1,]'],
    ['a key without quotes', '{a:1}'],
    ['a key that is a number', '{1:1}'],
    ['no colon', '{"a" 1}'],
    ['no closing bracket', '[1'],
    ['no closing brace', '{"a":1'],
    ['a string that does not end', '"abc'],
    ['a string that ends in a backslash', '"abc\\'],
    ['a line end in a string', '"a\nb"'],
    ['an unknown escape', '"\\x41"'],
    ['an escape called as what every object has', '"\\constructor"'],
    ['three digits behind \\u', '"\\u004"'],
    ['a zero before a number', '01'],
    ['a plus before a number', '+1'],
    ['a number that ends in a dot', '1.'],
    ['a number that starts with a dot', '.1'],
    ['NaN', 'NaN'],
    ['a word that is cut', 'tru'],
    ['a no-break space', '\u00a01'],
  ])('refuses %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(invalid);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(invalid);
    expect(() => parseJson(new Uint8Array([0xff, 0xfe, 0x31, 0x00]))).toThrow(invalid);
  });

  it('says where the text is wrong', () => {
    expect(() => parseJson('[1,x]')).toThrow(expect.objectContaining({ details: { position: 3 } }) as Error);
  });

  it('gives a value or an error of ours, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          parseJson(bytes);
        } catch (error) {
          return isPackError(error);
        }
        return true;
      }),
    );
  });
});

describe('the limits of parseJson', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  it('let 64 levels through and refuse one more', () => {
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(() => parseJson(nested(65))).toThrow(exceeded);
    expect(() => parseJson('{"a":'.repeat(65))).toThrow(exceeded);
  });

  it('refuse 100,000 levels without running out of stack', () => {
    expect(() => parseJson('[{"a":'.repeat(100_000))).toThrow(exceeded);
  });

  it('are those that the caller gives', () => {
    expect(parseJson('[1]', { maxDepth: 1, maxBytes: 3 })).toEqual([1]);
    expect(() => parseJson('[1]', { maxDepth: 0 })).toThrow(exceeded);
    expect(() => parseJson('[1]', { maxBytes: 2 })).toThrow(exceeded);
  });

  it('count the bytes of a string, not its characters', () => {
    expect(parseJson('"é"', { maxBytes: 4 })).toBe('é');
    expect(() => parseJson('"é"', { maxBytes: 3 })).toThrow(exceeded);
    expect(() => parseJson(utf8('"é"'), { maxBytes: 3 })).toThrow(exceeded);
  });

  it('refuse more than 20 MiB', () => {
    const size = 20 * 1024 * 1024;
    const text = new Uint8Array(size + 1).fill(0x20);
    text[0] = 0x31;
    expect(parseJson(text.subarray(0, size))).toBe(1);
    expect(() => parseJson(text)).toThrow(exceeded);
  });
});
