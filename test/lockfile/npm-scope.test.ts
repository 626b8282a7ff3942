import { describe, expect, it } from 'vitest';
import { pkg, read, v3 } from './npm-lockfile.ts';

function scopes(root: object, packages: Record<string, unknown>): Record<string, unknown> {
  const { entries } = read(v3({ '': root, ...packages }));
  return Object.fromEntries(entries.map(({ name, scope, ways }) => [name, { scope, ways }]));
}

describe('the scope of an entry', () => {
  it('is every set of dependencies that reaches it', () => {
    const root = { dependencies: { a: '1' }, devDependencies: { b: '1' } };
    const found = scopes(root, {
      'node_modules/a': pkg('1.0.0', { dependencies: { c: '1' } }),
      'node_modules/b': pkg('2.0.0', { dependencies: { c: '1', d: '1' } }),
      'node_modules/c': pkg('3.0.0'),
      'node_modules/d': pkg('4.0.0'),
    });
    expect(found).toEqual({
      a: { scope: ['prod'], ways: [[]] },
      b: { scope: ['dev'], ways: [['dev']] },
      c: { scope: ['prod', 'dev'], ways: [[]] },
      d: { scope: ['dev'], ways: [['dev']] },
    });
  });

  it('counts a name in several sections by the last of peer, production, optional and dev, as npm does', () => {
    const found = scopes(
      { devDependencies: { a: '1', c: '1' }, optionalDependencies: { c: '1', d: '1' } },
      {
        'node_modules/a': pkg('1.0.0', { optionalDependencies: { b: '1' } }),
        'node_modules/b': pkg('2.0.0'),
        'node_modules/c': pkg('3.0.0'),
        'node_modules/d': pkg('4.0.0', { dependencies: { e: '1' } }),
        'node_modules/e': pkg('5.0.0', { dependencies: { e: '1' } }),
      },
    );
    expect(found['b']).toEqual({ scope: ['dev', 'optional'], ways: [['dev', 'optional']] });
    expect(found['c']).toEqual({ scope: ['dev'], ways: [['dev']] });
    expect(found['e']).toEqual({ scope: ['optional'], ways: [['optional']] });
  });

  it('is peer for what only peers ask for, and optional too where the peer need not be there', () => {
    const found = scopes(
      { dependencies: { a: '1' } },
      {
        'node_modules/a': pkg('1.0.0', {
          peerDependencies: { b: '1', c: '1' },
          peerDependenciesMeta: { c: { optional: true } },
        }),
        'node_modules/b': pkg('2.0.0'),
        'node_modules/c': pkg('3.0.0'),
      },
    );
    expect(found['b']).toEqual({ scope: ['peer'], ways: [['peer']] });
    expect(found['c']).toEqual({ scope: ['optional', 'peer'], ways: [['optional', 'peer']] });
  });

  it('is what npm flags where nothing reaches it, or the root is not in the file', () => {
    expect(scopes({}, { 'node_modules/a': pkg('1.0.0', { dev: true }) })['a']).toMatchObject({ scope: ['dev'] });
    expect(read(v3({ 'node_modules/a': pkg('1.0.0') })).entries[0]?.scope).toEqual(['prod']);
  });

  it('follows the nearest package of a name, and survives circles', () => {
    const found = scopes(
      { dependencies: { a: '1' }, devDependencies: { b: '1' } },
      {
        'node_modules/a': pkg('1.0.0', { dependencies: { b: '2' } }),
        'node_modules/a/node_modules/b': pkg('2.0.0', { name: 'b2', dependencies: { a: '1', none: '1' } }),
        'node_modules/b': pkg('1.0.0'),
      },
    );
    expect(found).toMatchObject({ a: { scope: ['prod'] }, b: { scope: ['dev'] }, b2: { scope: ['prod'] } });
  });
});
