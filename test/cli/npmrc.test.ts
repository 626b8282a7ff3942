import { describe, expect, it } from 'vitest';
import { parseNpmrc } from '../../src/cli/npmrc.ts';

const env = { HOST: 'registry.example', EMPTY: '' };

function value(line: string): unknown {
  return parseNpmrc(line, env).get('key');
}

describe('an npmrc file', () => {
  it.each([
    ['key=value', 'value'],
    ['  key = value  ', 'value'],
    ['key=a=b', 'a=b'],
    ['key', 'true'],
    ['key=', ''],
    ['key=a ; comment', 'a'],
    ['key=a # comment', 'a'],
    ['key=a\\;b\\#c\\\\d\\e', 'a;b#c\\d\\e'],
    ['key="a ; b\\n"', 'a ; b\n'],
    ["key='a ; b'", 'a ; b'],
    ['key="a" b"', '"a" b"'],
    ['"key"=a', 'a'],
    ['\ufeffkey=a', 'a'],
    ['key=a\r\nkey=b', 'b'],
    ['; key=a\n# key=b\n\n', undefined],
    ['[section]\nkey=a', undefined],
    ['key=https://${HOST}/', 'https://registry.example/'],
    ['key=${NONE}', '${NONE}'],
    ['key=<${NONE?}>', '<>'],
    ['key=<${EMPTY}>', '<>'],
    ['key=\\${HOST}', '${HOST}'],
    ['key="\\\\\\\\${HOST}"', '\\registry.example'],
  ])('%j has %j', (line, expected) => {
    expect(value(line)).toEqual(expected);
  });

  it('makes lists of keys with brackets', () => {
    expect(value('key[]=a\nkey[]=b')).toEqual(['a', 'b']);
    expect(value('key=a\nkey[]=b')).toEqual(['a', 'b']);
  });

  it('replaces variables in keys', () => {
    expect(parseNpmrc('//${HOST}/:_authToken=x', env).get('//registry.example/:_authToken')).toBe('x');
  });

  it('has no prototype to spoil', () => {
    expect(parseNpmrc('__proto__=x\nconstructor=y', env).get('constructor')).toBe('y');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('is read in time that grows with its length alone', () => {
    const start = performance.now();
    parseNpmrc('\\'.repeat(50_000), env);
    parseNpmrc(`key=${'\\'.repeat(50_000)}`, env);
    parseNpmrc(`key=${'${'.repeat(50_000)}`, env);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
