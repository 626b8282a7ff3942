import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../../src/adapters/registry/http/challenge.ts';

function parsed(field: string | null): unknown {
  return parseChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('parseChallenges', () => {
  it.each<[string, string, unknown]>([
    [
      'the form of Docker Hub',
      'Bearer realm="https://a.example/t",service="r",scope="repository:a:pull,push"',
      [['bearer', { realm: 'https://a.example/t', service: 'r', scope: 'repository:a:pull,push' }]],
    ],
    [
      'several challenges',
      'Basic realm="a", Bearer realm="b",service=c',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b', service: 'c' }],
      ],
    ],
    [
      'any case, and white space around the sign',
      'BEARER Realm = "x" ,\tSERVICE= "y"',
      [['bearer', { realm: 'x', service: 'y' }]],
    ],
    ['escapes in quotes', 'Bearer realm="a\\"b\\\\c"', [['bearer', { realm: 'a"b\\c' }]]],
    [
      'a comma and an equals sign in quotes',
      'Bearer realm="a, Basic realm=b"',
      [['bearer', { realm: 'a, Basic realm=b' }]],
    ],
    [
      'a value without quotes that is no token',
      'Bearer realm=https://a.example/t,service=r',
      [['bearer', { realm: 'https://a.example/t', service: 'r' }]],
    ],
    ['the first of two values', 'Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
    [
      'a scheme alone',
      'Negotiate, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['a quoted string that does not end', 'Bearer realm="abc', [['bearer', { realm: 'abc' }]]],
    ['a backslash at the end', 'Bearer realm="abc\\', [['bearer', { realm: 'abc' }]]],
    ['parameters without a scheme', 'realm="y",service=z', []],
    ['nothing but signs', ',;()<>,', []],
  ])('reads %s', (_, field, expected) => {
    expect(parsed(field)).toEqual(expected);
  });

  it('reads nothing where there is no field, or one without an end', () => {
    expect(parsed(null)).toEqual([]);
    expect(parsed(`Bearer realm="${'x'.repeat(20_000)}"`)).toEqual([]);
  });

  it('takes a time that grows with the length', () => {
    const before = performance.now();
    for (const text of [' ', ',', '"\\', 'a=', 'a ', '='])
      expect(parseChallenges(text.repeat(8_000 / text.length)).length).toBeLessThan(8_000);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
