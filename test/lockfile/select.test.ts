import { describe, expect, it } from 'vitest';
import type { FormatError } from '../../src/errors.ts';
import { selectEntries, type SelectOptions } from '../../src/lockfile/index.ts';
import { errorOf, pkg, read, v3 } from './npm-lockfile.ts';

const lockfile = read(
  v3({
    '': { dependencies: { a: '1' }, devDependencies: { b: '1' }, optionalDependencies: { c: '1' } },
    'node_modules/a': pkg('1.0.0', {
      resolved: 'https://registry.example/a.tgz',
      dependencies: { d: '1' },
      optionalDependencies: { e: '1' },
    }),
    'node_modules/b': pkg('2.0.0', {
      resolved: 'https://other.example:8443/b.tgz',
      dependencies: { c: '1' },
      optionalDependencies: { f: '1' },
    }),
    'node_modules/c': pkg('3.0.0'),
    'node_modules/d': pkg('4.0.0'),
    'node_modules/e': pkg('5.0.0', { os: ['darwin'], cpu: ['arm64', 'x64'] }),
    'node_modules/f': pkg('6.0.0', { os: ['!win32'], libc: ['musl'] }),
  }),
);
const mixed = read(
  v3({
    '': { dependencies: { a: '1' }, devDependencies: { g: '1' } },
    'node_modules/a': pkg('1.0.0', { dependencies: { g: '1', h: '1' } }),
    'node_modules/a/node_modules/x': { version: '1.0.0', inBundle: true },
    'node_modules/g': { version: '1.0.0', resolved: 'git+https://git.example/g.git#abc', dev: true },
    'node_modules/h': { version: '1.0.0' },
  }),
);

function taken(options: SelectOptions): string {
  return selectEntries(lockfile, options)
    .entries.map(({ name }) => name)
    .join('');
}

describe('a selection', () => {
  it('takes everything by default, and says so', () => {
    const selected = selectEntries(lockfile);
    expect(selected.entries.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(selected.selection).toEqual({ omit: [], os: null, cpu: null, libc: null });
    expect(selected.skipped).toEqual([]);
  });

  it.each<[SelectOptions, string]>([
    [{ omit: ['dev'] }, 'acde'],
    [{ omit: ['optional'] }, 'abcd'],
    [{ omit: ['optional', 'dev'] }, 'ad'],
    [{ omit: ['peer'] }, 'abcdef'],
    [{ os: 'linux' }, 'abcdf'],
    [{ os: 'darwin' }, 'abcde'],
    [{ os: 'win32' }, 'abcd'],
    [{ os: 'linux', libc: 'glibc' }, 'abcd'],
    [{ libc: 'musl' }, 'abcdef'],
    [{ cpu: 'ia32' }, 'abcdf'],
    [{ os: null, cpu: undefined }, 'abcdef'],
  ])('as npm ci would with %j takes %s', (options, names) => {
    expect(taken(options)).toBe(names);
  });

  it('orders what was omitted, and repeats nothing', () => {
    expect(selectEntries(lockfile, { omit: ['peer', 'dev', 'dev'] }).selection.omit).toEqual(['dev', 'peer']);
  });

  it('leaves out dependencies on what was omitted', () => {
    const { entries } = selectEntries(lockfile, { omit: ['optional'] });
    expect(entries[0]?.dependsOn).toEqual(['npm/d/4.0.0.tgz']);
  });

  it('takes a package for any system by that word', () => {
    const any = read(
      v3({
        'node_modules/a': pkg('1.0.0', { os: ['any'] }),
        'node_modules/b': pkg('2.0.0', { os: ['!linux', 'linux'] }),
      }),
    );
    expect(selectEntries(any, { os: 'linux' }).entries.map(({ name }) => name)).toEqual(['a']);
  });

  it.each<[Record<string, unknown>]>([
    [{ omit: ['prod'] }],
    [{ skip: ['git', 'everything'] }],
    [{ os: '' }],
    [{ only: 'x' }],
  ])('is refused with %j', (options) => {
    expect(errorOf(() => selectEntries(lockfile, options as SelectOptions))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});

describe('what cannot be packed', () => {
  it('is refused with every name and the rule that would let it be missing', () => {
    const error = errorOf(() => selectEntries(mixed)) as FormatError;
    expect(error).toMatchObject({
      code: 'ERR_LOCK_ENTRY',
      hint: expect.stringContaining('--skip git,no-integrity') as string,
    });
    expect(error.issues.map(({ path }) => path)).toEqual(['node_modules/g', 'node_modules/h']);
    expect(errorOf(() => selectEntries(mixed, { skip: ['git'] }))).toMatchObject({
      details: { reasons: ['no-integrity'] },
    });
  });

  it('is listed where a rule lets it be missing; what is bundled needs none', () => {
    expect(selectEntries(mixed, { skip: ['git', 'no-integrity'] }).skipped).toEqual([
      { path: 'node_modules/a/node_modules/x', reason: 'bundled' },
      { path: 'node_modules/g', reason: 'git' },
      { path: 'node_modules/h', reason: 'no-integrity' },
    ]);
  });

  it('needs no rule when it was omitted', () => {
    const dev = read(v3({ '': { devDependencies: { g: '1' } }, 'node_modules/g': { version: '1.0.0' } }));
    expect(selectEntries(dev, { omit: ['dev'] }).skipped).toEqual([]);
  });
});

describe('allowed hosts', () => {
  it('refuse what comes from another host or port, and nothing that names no origin', () => {
    const error = errorOf(() => selectEntries(lockfile, { allowHosts: ['registry.example', 'other.example'] }));
    expect(error).toMatchObject({
      code: 'ERR_LOCK_ENTRY',
      issues: [{ path: 'node_modules/b' }],
      details: { reasons: ['host'] },
    });
    expect(taken({ allowHosts: ['Registry.Example', 'other.example:8443'] })).toBe('abcdef');
  });

  it('list what they refuse where a rule lets it be missing', () => {
    const selected = selectEntries(lockfile, { allowHosts: ['registry.example'], skip: ['host'] });
    expect(selected.skipped).toEqual([{ path: 'node_modules/b', reason: 'host' }]);
    expect(selected.entries.map(({ name }) => name).join('')).toBe('acdef');
  });
});
