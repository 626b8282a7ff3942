import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { buildLock, parseLock, readLockfile, selectEntries, type Lockfile } from '../../src/lockfile/index.ts';

function load(path: string): { lockfile: Lockfile; raw: { packages?: Record<string, Record<string, unknown>> } } {
  const bytes = readFileSync(new URL(path, import.meta.url));
  return {
    lockfile: readLockfile(bytes, { name: path }),
    raw: JSON.parse(bytes.toString()) as ReturnType<typeof load>['raw'],
  };
}

const files = ['shop-v1', 'shop-v2', 'shop-v3', 'shop-v3-without-resolved'].map((name) => `fixtures/${name}.json`);
const own = '../../package-lock.json';

function ofPlaces({ entries, unpackable }: Lockfile) {
  return [...entries.flatMap((entry) => entry.installPaths.map((path) => ({ ...entry, path }))), ...unpackable];
}

describe.each([...files, own])('%s', (file) => {
  const { lockfile, raw } = load(file);

  it('gives a lock that can be read again', () => {
    const selected = selectEntries(lockfile, { skip: ['link'] });
    const packed = selected.entries.map((entry) => ({ ...entry, digest: digestOf(new Uint8Array()), size: 0 }));
    const { lock, bytes } = buildLock({ lockfile, ...selected, entries: packed });
    expect(parseLock(bytes)).toEqual(lock);
  });

  it('loses no place of the tree', () => {
    const places = ofPlaces(lockfile).map(({ path }) => path);
    expect(new Set(places).size).toBe(places.length);
    if (raw.packages === undefined) return;
    const listed = Object.keys(raw.packages).filter((path) => path !== '');
    expect(places.sort()).toEqual(listed.sort());
  });
});

describe.each([...files.slice(1), own])('npm flags of %s', (file) => {
  it('say the same as the ways that reach each place', () => {
    const { lockfile, raw } = load(file);
    const single = new Set(
      lockfile.entries.flatMap(({ installPaths }) => (installPaths.length === 1 ? installPaths : [])),
    );
    for (const { path, ways } of ofPlaces(lockfile)) {
      if (!single.has(path) && !lockfile.unpackable.some((entry) => entry.path === path)) continue;
      const all = (...scopes: string[]) => ways.every((way) => way.some((scope) => scopes.includes(scope)));
      const [dev, optional] = [all('dev'), all('optional')];
      const flags = { dev, optional, devOptional: all('dev', 'optional') && !dev && !optional, peer: all('peer') };
      const { dev: d = false, optional: o = false, devOptional = false, peer = false } = raw.packages?.[path] ?? {};
      expect({ path, ...flags }).toEqual({ path, dev: d, optional: o, devOptional, peer });
    }
  });
});

describe('one project in three versions of the format', () => {
  it('has the same artifacts in each', () => {
    const lists = files.map((file) =>
      load(file)
        .lockfile.entries.filter(({ name }) => !/ms$/.test(name))
        .map(({ path, integrity }) => [path, integrity]),
    );
    for (const list of lists) expect(list).toEqual(lists[0]);
  });

  it('names links, folders and bundled packages', () => {
    const reasons = load('fixtures/shop-v3.json').lockfile.unpackable.map(({ path, reason }) => `${reason} ${path}`);
    expect(reasons.filter((reason) => !reason.startsWith('bundled'))).toEqual([
      'link local',
      'link node_modules/@shop/one',
      'link node_modules/@shop/two',
      'link node_modules/local',
      'link packages/one',
      'link packages/two',
    ]);
    expect(reasons.filter((reason) => reason.startsWith('bundled'))).toHaveLength(6);
  });
});
