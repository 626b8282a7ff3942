import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/encoding.ts';
import { parseJson } from '../../src/bytes/json.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

/** What breaks parsers of JSON. */
export const inJson: readonly string[] = [
  ...['"', '{', '}', '[', ']', ',', ':', ' ', '\n', '\\', '\\u', '\\ud800', '\\udc00', '\ufeff', '\0'],
  ...['null', 'true', 'NaN', '-0', '-', '1e999', '1E-7', '.5', '01', '9'.repeat(20), '[['.repeat(40)],
  ...['"__proto__":', '"a":1,', '"constructor":{', '//', '/**/'],
];

const seeds = [
  '{"a":[1,-2.5e3,true,null,"x"],"b":{"c":"\\u00e9\\ud83d\\ude00"}}',
  '[[[[]]],{"":0},"\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  ' {"schemaVersion" : 2 ,\n"layers":\t[ ] }\r\n',
  '"ä€😀"',
  '-1.5E+10',
].map((text) => utf8(text));

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'JSON',
    seeds,
    dictionary: inJson,
    run: (bytes) =>
      judge(() => {
        const value = parseJson(bytes);
        const canonical = canonicalJson(value);
        holds('the platform reads what we read', sameBytes(canonicalJson(JSON.parse(fromUtf8(bytes))), canonical));
        holds('the canonical form is read as the same', sameBytes(canonicalJson(parseJson(canonical)), canonical));
      }),
  },
];

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return toHex(a) === toHex(b);
}
