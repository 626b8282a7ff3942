import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { FormatError } from '../../src/errors.ts';
import { errorOf, pkg, read, sri, v1, v3 } from './npm-lockfile.ts';

function codeOf(bytes: Uint8Array): unknown {
  return (errorOf(() => read(bytes)) as FormatError | undefined)?.code;
}

describe('an install path that leaves its folder', () => {
  it.each([
    'node_modules/../../x',
    'node_modules/..',
    'node_modules/.bin',
    'node_modules/_x',
    'node_modules/',
    'node_modules',
    'node_modules/node_modules',
    'node_modules/a/b',
    'node_modules/a/lib/node_modules/b',
    'node_modules/@s',
    'node_modules/@/a',
    'node_modules/@s/.a',
    'node_modules/a b',
    'node_modules/a%2fb',
    'node_modules/A:b',
    '/node_modules/a',
    'C:/node_modules/a',
    'node_modules\\a',
    './node_modules/a',
    'packages/../x',
    '../x',
    '../..',
    '../../node_modules/x',
    `node_modules/${'a'.repeat(301)}`,
    `${'node_modules/a/'.repeat(200)}node_modules/a`,
  ])('is refused: %s', (path) => {
    expect(codeOf(v3({ '': {}, [path]: pkg('1.0.0') }))).toBe('ERR_UNSAFE_PATH');
  });

  it.each(['../x', '.bin', '', 'a/b', '@s', 'constructor/..'])('is refused in version 1: %s', (name) => {
    expect(codeOf(v1({ [name]: pkg('1.0.0') }))).toBe('ERR_UNSAFE_PATH');
  });

  it('is refused as the name of an alias', () => {
    expect(codeOf(v3({ 'node_modules/a': pkg('1.0.0', { name: '../x' }) }))).toBe('ERR_UNSAFE_PATH');
    expect(codeOf(v1({ a: { version: 'npm:../x@1.0.0', integrity: sri('x') } }))).toBe('ERR_UNSAFE_PATH');
  });

  it('is refused as a version', () => {
    expect(codeOf(v3({ 'node_modules/a': pkg('../1') }))).toBe('ERR_LOCK_INVALID');
    expect(codeOf(v3({ 'node_modules/a': pkg('1.0.0\n') }))).toBe('ERR_LOCK_INVALID');
  });

  it('is allowed to have the names of members that every object has', () => {
    const { entries } = read(
      v3({ '': { dependencies: { constructor: '1' } }, 'node_modules/constructor': pkg('1.0.0') }),
    );
    expect(entries[0]).toMatchObject({ name: 'constructor', scope: ['prod'] });
  });
});

describe('a file that contradicts itself', () => {
  it.each([
    ['a key twice', utf8('{"lockfileVersion":3,"packages":{"node_modules/a":{},"node_modules/a":{}}}')],
    ['a prototype', utf8('{"lockfileVersion":3,"packages":{"__proto__":{}}}')],
    ['a section of another version', v1({}, { packages: {} })],
    ['no packages', utf8('{"lockfileVersion":3}')],
    ['packages that are a list', utf8('{"lockfileVersion":3,"packages":[]}')],
    ['an entry that is text', v3({ 'node_modules/a': 'x' })],
    ['an entry of version 1 that is text', v1({ a: 'x' })],
    ['nested dependencies that are text', v1({ a: pkg('1.0.0', { dependencies: 'x' }) })],
    ['a version that is a number', v3({ 'node_modules/a': { version: 1, integrity: sri('x') } })],
    ['a flag that is text', v3({ 'node_modules/a': pkg('1.0.0', { dev: 'yes' }) })],
    ['systems that are numbers', v3({ 'node_modules/a': pkg('1.0.0', { os: [1] }) })],
    ['systems that are an object', v3({ 'node_modules/a': pkg('1.0.0', { os: {} }) })],
    ['dependencies that are a list', v3({ 'node_modules/a': pkg('1.0.0', { dependencies: [] }) })],
    ['no version', v3({ 'node_modules/a': { integrity: sri('x') } })],
  ])('is refused: %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('ERR_LOCK_INVALID');
  });

  it.each([undefined, 0, 4, '3', null, 2.5])(
    'is refused with lockfileVersion %j, and a hint says which are read',
    (lockfileVersion) => {
      const error = errorOf(() => read(utf8(JSON.stringify({ lockfileVersion, packages: {} }))));
      expect(error).toMatchObject({ code: 'ERR_LOCK_INVALID', hint: expect.stringContaining('1, 2 and 3') as string });
    },
  );

  it.each(['null', '[]', '"x"', '1'])('is refused when it is %s', (text) => {
    expect(codeOf(utf8(text))).toBe('ERR_LOCK_INVALID');
  });

  it('says where JSON breaks off', () => {
    const error = errorOf(() => read(v3({ 'node_modules/a': pkg('1.0.0') }).slice(0, -5)));
    expect(error).toMatchObject({ code: 'ERR_LOCK_INVALID', details: { file: 'package-lock.json' } });
    expect((error as FormatError).cause).toMatchObject({ code: 'ERR_JSON_INVALID' });
  });

  it('is refused when it nests without end', () => {
    expect(codeOf(utf8(`{"lockfileVersion":3,"packages":${'['.repeat(1000)}`))).toBe('ERR_LIMIT_EXCEEDED');
  });
});

describe('an entry that cannot be checked', () => {
  it.each([
    ['no SRI', { integrity: 'deadbeef' }],
    ['a hash that is cut', { integrity: 'sha512-abcd' }],
    ['a hash in the url-safe alphabet', { integrity: sri('x').replaceAll('/', '_') + '-' }],
    ['an origin without a scheme', { integrity: sri('x'), resolved: 'registry.example' }],
    ['an origin without an end', { integrity: sri('x'), resolved: `https://registry.example/${'a'.repeat(8192)}` }],
    ['an origin of another scheme', { integrity: sri('x'), resolved: 'ftp://registry.example/a.tgz' }],
  ])('is refused by name: %s', (_, entry) => {
    const error = errorOf(() => read(v3({ 'node_modules/a': { version: '1.0.0', ...entry } })));
    expect(error).toMatchObject({
      code: 'ERR_LOCK_ENTRY',
      issues: [{ message: expect.stringContaining('node_modules/a') as string }],
    });
  });

  it('is told together with all others', () => {
    const bad = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`node_modules/a${String(n)}`, pkg('1', { integrity: 'x' })]),
    );
    const error = errorOf(() => read(v3({ ...bad, 'node_modules/b': { integrity: sri('x') } }))) as FormatError;
    expect(error.code).toBe('ERR_LOCK_INVALID');
    expect(error.details).toMatchObject({ count: 301 });
    expect(error.issues).toHaveLength(200);
  });
});
