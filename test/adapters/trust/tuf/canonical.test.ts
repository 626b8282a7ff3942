import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalMetadata } from '../../../../src/adapters/trust/tuf/canonical.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../../src/bytes/json.ts';

const canonical = (json: string): string => fromUtf8(canonicalMetadata(parseJson(json)));

describe('canonical JSON of TUF', () => {
  it.each([
    ['{"b":1, "a" : [ true , false,null ]}', '{"a":[true,false,null],"b":1}'],
    ['{"\\n":"\\u0000\\t\\u00e9\\"\\\\\\/"}', '{"\n":"\u0000\té\\"\\\\/"}'],
    ['{"\\ud83d\\ude00":1,"\\uffff":2,"Z":3,"a":4}', '{"Z":3,"a":4,"\uffff":2,"😀":1}'],
    ['[-0,-7,9007199254740991]', '[0,-7,9007199254740991]'],
    ['{}', '{}'],
    ['[[],{}]', '[[],{}]'],
  ])('of %s', (json, expected) => {
    expect(canonical(json)).toBe(expected);
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 5 }), fc.integer(), { maxKeys: 5 }), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse()) as JsonValue;
        expect(fromUtf8(canonicalMetadata(turned))).toBe(fromUtf8(canonicalMetadata(value)));
      }),
    );
  });
});
