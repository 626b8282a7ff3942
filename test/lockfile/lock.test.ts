import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import {
  buildLock,
  diffLocks,
  lockMediaType,
  parseLock,
  selectEntries,
  type Lock,
  type LockInput,
} from '../../src/lockfile/index.ts';
import { errorOf, pkg, read, v3 } from './npm-lockfile.ts';

const lockfile = read(
  v3({
    '': { dependencies: { a: '1', g: '1' } },
    'node_modules/a': pkg('1.0.0', {
      dependencies: { b: '1' },
      license: 'MIT',
      resolved: 'https://registry.example/a.tgz',
    }),
    'node_modules/b': pkg('2.0.0'),
    'node_modules/g': { version: '1.0.0' },
  }),
);

function input(): LockInput {
  const { selection, entries, skipped } = selectEntries(lockfile, { skip: ['no-integrity'] });
  const packed = entries.map((entry) => ({ ...entry, digest: digestOf(utf8(entry.path)), size: 1 }));
  return { lockfile, selection, entries: packed, skipped };
}

/** The lock as plain data that a test can spoil. */
function plain(): Record<string, unknown> & { entries: Record<string, unknown>[]; skipped: Record<string, unknown>[] } {
  return JSON.parse(fromUtf8(buildLock(input()).bytes)) as ReturnType<typeof plain>;
}

describe('a lock', () => {
  it('is canonical JSON with a pinned digest', () => {
    const { lock, bytes } = buildLock(input());
    expect(fromUtf8(bytes)).toBe(fromUtf8(bytes).trim());
    expect(parseLock(bytes)).toEqual(lock);
    expect(digestOf(bytes)).toBe('sha256:eee4bb86c550ea381150b3f45e72eee5533f8629b717519fde6f2f62d1cba89b');
    expect(lockMediaType).toBe('application/vnd.packwright.lock.v1+json');
  });

  it('does not depend on the order of what it is built from', () => {
    const { entries, skipped, ...rest } = input();
    const shuffled = { ...rest, entries: [...entries].reverse(), skipped: [...skipped].reverse() };
    expect(buildLock(shuffled).bytes).toEqual(buildLock(input()).bytes);
  });

  it('has every member but origin and license, which are absent where the lockfile gives none', () => {
    const [a, b] = plain().entries;
    const always = [
      'path',
      'name',
      'version',
      'purl',
      'integrity',
      'digest',
      'size',
      'mediaType',
      'scope',
      'os',
      'cpu',
      'libc',
      'installPaths',
      'dependsOn',
    ];
    expect(Object.keys(b ?? {}).sort()).toEqual([...always].sort());
    expect(Object.keys(a ?? {}).sort()).toEqual([...always, 'license', 'origin'].sort());
  });

  it('is not built from what could not be read again', () => {
    const { entries, ...rest } = input();
    const twice = { ...rest, entries: [...entries, ...entries] };
    expect(errorOf(() => buildLock(twice))).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  });
});

describe('reading a lock', () => {
  const refused = (spoil: (lock: ReturnType<typeof plain>) => void): unknown => {
    const lock = plain();
    spoil(lock);
    return errorOf(() => parseLock(utf8(JSON.stringify(lock))));
  };
  const entry = (members: Record<string, unknown>) => (lock: ReturnType<typeof plain>) => {
    Object.assign(lock.entries[0] ?? {}, members);
  };

  it.each<[string, (lock: ReturnType<typeof plain>) => void]>([
    ['no version', (lock) => delete lock['lockVersion']],
    ['a member that is not known', (lock) => Object.assign(lock, { more: 1 })],
    ['a member of an entry that is not known', entry({ more: 1 })],
    [
      'a path for the source',
      (lock) => Object.assign(lock, { source: { format: 'npm', path: 'a/b', digest: digestOf(utf8('')) } }),
    ],
    ['no digest', entry({ digest: undefined })],
    ['a digest in capitals', entry({ digest: digestOf(utf8('')).toUpperCase() })],
    ['a negative size', entry({ size: -1 })],
    ['an integrity that pins nothing', entry({ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' })],
    ['an integrity that is none', entry({ integrity: 'x' })],
    ['a scope that is not known', entry({ scope: ['test'] })],
    ['an install path that leaves', entry({ installPaths: ['../x'] })],
    ['a dependency on nothing', entry({ dependsOn: ['npm/none/1.0.0.tgz'] })],
    ['entries out of order', (lock) => lock.entries.reverse()],
    ['an entry twice', (lock) => lock.entries.unshift(lock.entries[0] ?? {})],
    ['a reason that is not known', (lock) => Object.assign(lock.skipped[0] ?? {}, { reason: 'lazy' })],
    ['a skipped path that is absolute', (lock) => Object.assign(lock.skipped[0] ?? {}, { path: '/x' })],
    ['a skipped path that leaves on its way', (lock) => Object.assign(lock.skipped[0] ?? {}, { path: 'a/../../x' })],
  ])('refuses %s', (_, spoil) => {
    expect(refused(spoil)).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  });

  it.each(['../x', '/x', 'a\\b', 'npm/../x'])('refuses the path %s of an entry', (path) => {
    const lock = plain();
    lock.entries = [{ ...lock.entries[1], path }];
    expect(errorOf(() => parseLock(utf8(JSON.stringify(lock))))).toMatchObject({ code: 'ERR_UNSAFE_PATH' });
  });

  it('refuses paths that differ in case alone, naming both', () => {
    const lock = plain();
    const [, b] = lock.entries;
    lock.entries = [
      { ...b, path: 'npm/B/1.tgz' },
      { ...b, path: 'npm/b/1.tgz' },
    ];
    const details = { path: 'npm/b/1.tgz', other: 'npm/B/1.tgz' };
    expect(errorOf(() => parseLock(utf8(JSON.stringify(lock))))).toMatchObject({ code: 'ERR_UNSAFE_PATH', details });
  });

  it('refuses a newer version by that reason', () => {
    const error = refused((lock) => Object.assign(lock, { lockVersion: 2, more: 1 }));
    expect(error).toMatchObject({ code: 'ERR_LOCK_INVALID', hint: expect.stringContaining('newer') as string });
  });

  it.each(['null', '[]', '{', '"x"', '{"lockVersion":1,"lockVersion":1}'])('refuses %s', (text) => {
    expect(errorOf(() => parseLock(utf8(text)))).toMatchObject({ code: 'ERR_LOCK_INVALID' });
  });

  it('refuses more than 20 MiB', () => {
    const bytes = new Uint8Array(20 * 1024 * 1024 + 1).fill(0x20);
    expect(errorOf(() => parseLock(bytes))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('takes skipped folders above the project, and dependencies on what is skipped', () => {
    const lock = plain();
    lock.skipped = ['..', '../../x', 'node_modules/g'].map((path) => ({ path, reason: 'link' }));
    Object.assign(lock.entries[0] ?? {}, { dependsOn: ['node_modules/g'] });
    expect(parseLock(utf8(JSON.stringify(lock))).skipped).toHaveLength(3);
  });
});

describe('the difference of two locks', () => {
  const before = buildLock(input()).lock;
  const change = (members: object): Lock => ({ ...before, ...members });

  it('is none for the same entries', () => {
    expect(diffLocks(before, before)).toEqual({ same: true, added: [], removed: [], changed: [], members: [] });
    const source = { ...before.source, path: 'npm-shrinkwrap.json' };
    expect(diffLocks(before, change({ source }))).toMatchObject({ same: true, members: ['source'] });
  });

  it('names what came, what went and what changed', () => {
    const [a, b] = before.entries;
    const c = { ...b, path: 'npm/c/1.0.0.tgz' };
    const { license, ...bare } = a ?? {};
    expect(license).toBe('MIT');
    const after = change({ entries: [{ ...bare, size: 2 }, c], skipped: [] });
    const diff = diffLocks(before, after);
    expect(diff).toMatchObject({ same: false, added: [c], removed: [b], members: ['skipped'] });
    expect(diff.changed).toMatchObject([{ path: a?.path, before: a, members: ['license', 'size'] }]);
  });

  it('counts the selection', () => {
    const selection = { ...before.selection, omit: ['dev'] as const };
    expect(diffLocks(before, change({ selection }))).toMatchObject({ same: false, members: ['selection'] });
  });
});
