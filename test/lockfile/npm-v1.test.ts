import { describe, expect, it } from 'vitest';
import { errorOf, pkg, read, sri, v1, v3 } from './npm-lockfile.ts';

describe('an entry of version 1', () => {
  it('is nested where its package is', () => {
    const { entries } = read(
      v1({
        a: pkg('1.0.0', { requires: { b: '1', c: '1' }, dependencies: { b: pkg('2.0.0', { requires: true }) } }),
        c: pkg('3.0.0'),
      }),
    );
    expect(entries.map(({ installPaths, dependsOn }) => [installPaths[0], dependsOn])).toEqual([
      ['node_modules/a', ['npm/b/2.0.0.tgz', 'npm/c/3.0.0.tgz']],
      ['node_modules/a/node_modules/b', []],
      ['node_modules/c', []],
    ]);
  });

  it('may be an alias, also of a scoped package', () => {
    const { entries } = read(v1({ a: { version: 'npm:@s/b@1.0.0', integrity: sri('x') } }));
    expect(entries[0]).toMatchObject({ name: '@s/b', version: '1.0.0', installPaths: ['node_modules/a'] });
  });

  it('may be a remote tarball, told apart by its digest since it has no version', () => {
    const { entries } = read(v1({ a: { version: 'https://files.example/a.tgz', integrity: sri('x') } }));
    expect(entries[0]).toMatchObject({
      path: expect.stringMatching(/^npm\/a\/0\.0\.0-sha512-[0-9a-f]{16}\.tgz$/) as string,
      origin: 'https://files.example/a.tgz',
    });
  });

  it.each([
    ['git', 'git+ssh://git@git.example/o/a.git#abc'],
    ['git', 'github:o/a#abc'],
    ['link', 'file:packages/a'],
    ['file', 'file:a.tgz'],
    ['file', 'file:a.tar.gz'],
    ['no-integrity', 'https://files.example/a.tgz'],
  ])('is named as %s: %s', (reason, version) => {
    expect(read(v1({ a: { version } })).unpackable).toMatchObject([{ path: 'node_modules/a', reason }]);
  });

  it('may travel inside its parent', () => {
    const { unpackable } = read(v1({ a: pkg('1.0.0', { dependencies: { b: { version: '1.0.0', bundled: true } } }) }));
    expect(unpackable).toMatchObject([{ reason: 'bundled' }]);
  });

  it.each([
    [{}, ['prod'], [[]]],
    [{ dev: true }, ['dev'], [['dev']]],
    [{ optional: true }, ['optional'], [['optional']]],
    [{ dev: true, optional: true }, ['dev', 'optional'], [['dev', 'optional']]],
    [{ devOptional: true }, ['dev', 'optional'], [['dev'], ['optional']]],
    [{ peer: true }, ['peer'], [['peer']]],
  ])('has the scope that npm flags: %j', (flags, scope, ways) => {
    expect(read(v1({ a: pkg('1.0.0', flags) })).entries[0]).toMatchObject({ scope, ways });
  });

  it('is refused without a version or an address', () => {
    expect(errorOf(() => read(v1({ a: { integrity: sri('x') } })))).toMatchObject({ code: 'ERR_LOCK_INVALID' });
    expect(errorOf(() => read(v1({ a: { version: 'npm:@s', integrity: sri('x') } })))).toMatchObject({
      code: 'ERR_LOCK_ENTRY',
    });
  });

  it('may be missing altogether', () => {
    expect(read(v1({})).entries).toEqual([]);
  });

  it('may nest as deep as a path can be', () => {
    let nested: Record<string, unknown> = pkg('1.0.0');
    for (let depth = 0; depth < 100; depth++) nested = pkg('1.0.0', { dependencies: { a: nested } });
    expect(read(v1({ a: nested })).entries[0]?.installPaths).toHaveLength(101);
  });
});

describe('the two sections of version 2', () => {
  const both = (packages: object, dependencies: object) =>
    errorOf(() => read(v3({ '': {}, ...packages }, { lockfileVersion: 2, dependencies })));

  it.each([
    ['the same', { 'node_modules/a': pkg('1.0.0') }, { a: pkg('1.0.0') }],
    [
      'more hashes in one',
      { 'node_modules/a': pkg('1.0.0') },
      { a: { version: '1.0.0', integrity: `${sri('1.0.0')} ${sri('x', 'sha256')}` } },
    ],
    [
      'an alias',
      { 'node_modules/a': pkg('1.0.0', { name: 'b' }) },
      { a: { version: 'npm:b@1.0.0', integrity: sri('1.0.0') } },
    ],
    ['a link', { 'node_modules/a': { link: true, resolved: 'x' }, x: {} }, { a: { version: 'file:x' } }],
    [
      'what a link holds',
      { 'node_modules/a': { link: true, resolved: 'x' }, x: {}, 'x/node_modules/b': pkg('1.0.0') },
      { a: { version: 'file:x', dependencies: { b: pkg('1.0.0') } } },
    ],
    ['more packages', { 'node_modules/a': pkg('1.0.0') }, {}],
  ])('may agree: %s', (_, packages, dependencies) => {
    expect(both(packages, dependencies)).toBeUndefined();
  });

  it.each([
    ['version', { 'node_modules/a': pkg('1.0.0') }, { a: { ...pkg('1.0.0'), version: '1.0.1' } }],
    ['integrity', { 'node_modules/a': pkg('1.0.0') }, { a: { version: '1.0.0', integrity: sri('y') } }],
    ['algorithm', { 'node_modules/a': pkg('1.0.0') }, { a: { version: '1.0.0', integrity: sri('1.0.0', 'sha256') } }],
    ['an integrity that is none', { 'node_modules/a': pkg('1.0.0') }, { a: { version: '1.0.0', integrity: 'x' } }],
    [
      'name',
      { 'node_modules/a': pkg('1.0.0', { name: 'b' }) },
      { a: { version: 'npm:c@1.0.0', integrity: sri('1.0.0') } },
    ],
    ['a package of one alone', {}, { a: pkg('1.0.0') }],
    ['a nested one', { 'node_modules/a': pkg('1.0.0') }, { a: pkg('1.0.0', { dependencies: { b: pkg('1.0.0') } }) }],
  ])('are refused when they disagree: %s', (_, packages, dependencies) => {
    expect(both(packages, dependencies)).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  });
});
