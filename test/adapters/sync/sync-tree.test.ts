import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { syncTree, treeReadiness } from '../../../src/adapters/sync/fs.ts';
import { digestOf, integrityOf } from '../../../src/digest/index.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { createPackService } from '../../../src/index.ts';
import { someBytes } from '../../../src/testing/bytes.ts';
import { sourceOf } from '../../pack/fixtures.ts';
import { someScene, type Scene } from './some-packs.ts';

const read = ({ directory }: Scene): string => fs.readFileSync(join(directory, 'current', 'name.txt'), 'utf8');
const treesOf = ({ directory }: Scene): string[] => fs.readdirSync(join(directory, 'trees')).sort();
const nameOf = (digest = ''): string => digest.replace(':', '-');

describe('syncTree', () => {
  it('puts the tree of a pack under its digest, and makes current name it by a relative link', async () => {
    const scene = await someScene('a', 'b');
    const { directory, options, digests, at } = scene;
    const path = join(directory, 'trees', nameOf(digests['a']));
    const expected = { digest: digests['a'], path, changed: true, reused: false, removed: [] };
    expect(await syncTree(at('a'), options)).toEqual(expected);
    expect(read(scene)).toBe('a');
    expect(fs.readlinkSync(join(directory, 'current'))).toBe(`trees/${nameOf(digests['a'])}`);
    expect(await syncTree(at('a'), options)).toEqual({ ...expected, changed: false, reused: true });
    await syncTree(at('b'), options);
    expect(read(scene)).toBe('b');
  });

  it('goes back to a tree that is still there without reading the pack again', async () => {
    const scene = await someScene('a', 'b');
    const { options, at } = scene;
    await syncTree(at('a'), options);
    await syncTree(at('b'), options);
    expect(await syncTree(at('a'), options)).toMatchObject({ changed: true, reused: true });
    expect(read(scene)).toBe('a');
  });

  it('rolls back to a digest without a network while its tree is there', async () => {
    const scene = await someScene('a', 'b');
    const { options, digests, at } = scene;
    await syncTree(at('a'), options);
    await syncTree(at('b'), options);
    const offline = (): never => {
      throw new Error('there is no network');
    };
    const service = { resolve: offline, unpack: offline };
    expect(await syncTree(at(digests['a'] ?? ''), { ...options, service })).toMatchObject({
      reused: true,
      changed: true,
    });
    expect(read(scene)).toBe('a');
    await expect(syncTree(at('b'), { ...options, service })).rejects.toThrow('no network');
    const missing = `registry.example/app@${digestOf(utf8('missing'))}`;
    await expect(syncTree(missing, { ...options, service })).rejects.toThrow('no network');
    const other = `registry.example/app@${digests['b'] ?? ''}`;
    expect(await syncTree(other, { ...options, service })).toMatchObject({ reused: true });
  });

  it('names the tree by a file where links cannot be made, and replaces either by the other', async () => {
    const scene = await someScene('a', 'b');
    const { directory, options, digests, at } = scene;
    await syncTree(at('a'), options);
    await syncTree(at('b'), { ...options, current: 'file' });
    const current = join(directory, 'current');
    expect(fs.lstatSync(current).isFile()).toBe(true);
    expect(fs.readFileSync(current, 'utf8')).toBe(`trees/${nameOf(digests['b'])}\n`);
    expect(treeReadiness({ directory })).toMatchObject({ state: 'ready', digest: digests['b'] });
    expect(await syncTree(at('b'), { ...options, current: 'file' })).toMatchObject({ changed: false });
    await syncTree(at('a'), { ...options, current: 'link' });
    expect(read(scene)).toBe('a');
  });

  it('fails for a pack that is not there, and leaves what is in place (W16)', async () => {
    const scene = await someScene('a');
    const { directory, options, digests, at } = scene;
    await expect(syncTree(at('unknown'), options)).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    expect(fs.existsSync(directory)).toBe(false);
    await syncTree(at('a'), options);
    const missing = digestOf(utf8('missing'));
    await expect(syncTree(at(missing), options)).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    expect([read(scene), treesOf(scene)]).toEqual(['a', [nameOf(digests['a'])]]);
  });

  it('keeps scoped packages, and several versions of a package, apart (W14, W15)', async () => {
    const scene = await someScene();
    const packages = ['node_modules/x', 'node_modules/@scope/x', 'node_modules/y/node_modules/x'];
    const contents = packages.map((_, index) => someBytes(100 + index));
    const nodes = packages.map((path, index) => [
      path,
      {
        version: index === 2 ? '2.0.0' : '1.0.0',
        resolved: `https://registry.example/${index}.tgz`,
        integrity: integrityOf(digestOf(contents[index] ?? new Uint8Array(), 'sha512')),
      },
    ]);
    const packagesOf = { '': { name: 'root', version: '1.0.0' }, ...(Object.fromEntries(nodes) as object) };
    const document = { name: 'root', version: '1.0.0', lockfileVersion: 3, requires: true, packages: packagesOf };
    const source = sourceOf(contents.map((bytes, index) => ({ name: `${index}`, bytes })));
    const service = createPackService({ sources: [source] });
    const target = { repository: memoryRegistry().repository('app'), reference: 'locked' };
    await service.pack({ lockfile: { name: 'package-lock.json', bytes: utf8(JSON.stringify(document)) } }, target);
    const { path } = await syncTree(target, { ...scene.options, service });
    const files = fs.readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map(({ parentPath, name }) => digestOf(fs.readFileSync(join(parentPath, name))));
    expect(written).toEqual(expect.arrayContaining(contents.map((bytes) => digestOf(bytes))));
    expect(files.some(({ parentPath, name }) => join(parentPath, name).includes('@scope'))).toBe(true);
  });

  it('refuses options that it does not know, and a grace that is none', async () => {
    const { options, at } = await someScene('a');
    for (const wrong of [{ grace: 1 }, { graceSeconds: -1 }, { graceSeconds: NaN }, { directory: '' }]) {
      const refused = syncTree(at('a'), { ...options, ...wrong });
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
  });

  it('refuses a form of current that there is not, and a sink that makes its tree elsewhere', async () => {
    const scene = await someScene('a', 'b');
    const { options, directory, at } = scene;
    const junction = { ...options, current: 'junction' as 'link' };
    await expect(syncTree(at('a'), junction)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await syncTree(at('a'), options);
    const elsewhere = { ...options, sink: () => options.sink(join(directory, 'elsewhere')) };
    await expect(syncTree(at('b'), elsewhere)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(read(scene)).toBe('a');
  });

  it('never makes current name a file in the place of a tree', async () => {
    const scene = await someScene('a', 'b');
    const { options, directory, digests, at } = scene;
    await syncTree(at('a'), options);
    fs.writeFileSync(join(directory, 'trees', nameOf(digests['b'])), '');
    await expect(syncTree(at('b'), options)).rejects.toMatchObject({ code: expect.any(String) as string });
    expect(read(scene)).toBe('a');
  });

  it('reports itself as one operation, and passes an abort on', async () => {
    const { options, at } = await someScene('a');
    const kinds: string[] = [];
    await syncTree(at('a'), { ...options, onEvent: ({ verb, kind }) => verb === 'sync' && kinds.push(kind) });
    expect(kinds).toEqual(['start', 'done']);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(syncTree(at('a'), { ...options, signal })).rejects.toThrow('enough');
  });

  it('says which folder cannot be written to', async () => {
    const { directory, options, at } = await someScene('a');
    fs.mkdirSync(join(directory, 'current', 'mine'), { recursive: true });
    await expect(syncTree(at('a'), options)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(fs.readdirSync(directory).sort()).toEqual(['current', 'trees']);
  });

  it('takes turns with another run in the same folder', async () => {
    const scene = await someScene('a', 'b');
    const { options, at } = scene;
    const runs = await Promise.all(['a', 'b', 'a', 'b'].map((name) => syncTree(at(name), options)));
    expect(runs.filter(({ reused }) => !reused)).toHaveLength(2);
    expect(['a', 'b']).toContain(read(scene));
  });
});

describe('a retired tree', () => {
  const hour = 3_600_000;

  it('stays for the grace from when another took its place, however old it is, and is removed then', async () => {
    const scene = await someScene('a', 'b');
    const { options, digests, at } = scene;
    const sync = (name: string, now: number): ReturnType<typeof syncTree> =>
      syncTree(at(name), { ...options, now: () => now });
    await sync('a', 0);
    await sync('b', 100 * hour);
    expect(treesOf(scene)).toContain(nameOf(digests['a']));
    expect((await sync('b', 101 * hour - 1)).removed).toEqual([]);
    expect((await sync('b', 101 * hour)).removed).toEqual([digests['a']]);
    expect(treesOf(scene)).toEqual([nameOf(digests['b'])]);
  });

  it('starts anew when it was in use in between', async () => {
    const scene = await someScene('a', 'b');
    const { options, at } = scene;
    const sync = (name: string, now: number): ReturnType<typeof syncTree> =>
      syncTree(at(name), { ...options, now: () => now });
    await sync('a', 0);
    await sync('b', 0);
    await sync('a', hour / 2);
    expect((await sync('b', 2 * hour)).removed).toEqual([]);
    expect((await sync('b', 2 * hour + 1)).removed).toEqual([]);
  });

  it('gets a marker where it has none, or half of one, and stays', async () => {
    const scene = await someScene('a', 'b');
    const { directory, options, digests, at } = scene;
    await syncTree(at('a'), options);
    await syncTree(at('b'), options);
    const marker = join(directory, 'trees', `${nameOf(digests['a'])}.retired-at`);
    for (const damage of [() => fs.rmSync(marker), () => fs.writeFileSync(marker, '17')]) {
      damage();
      const now = (): number => Date.now() + 5 * hour;
      expect((await syncTree(at('b'), { ...options, now })).removed).toEqual([]);
      expect(Number(fs.readFileSync(marker, 'utf8'))).toBeGreaterThan(Date.now() + 4 * hour);
    }
  });
});

describe('a run after a kill', () => {
  it.each<[string, (scene: Scene, paths: { readonly b: string; readonly a: string }) => void]>([
    ['while the tree was made', ({ directory }) => fs.mkdirSync(join(directory, 'trees', '.sha256-b.packwright-half'))],
    ['before the former tree was retired', () => undefined],
    ['before the flip', (_, { a }) => fs.writeFileSync(`${a}.retired-at`, '0\n')],
    ['in the middle of the marker', (_, { a }) => fs.writeFileSync(`${a}.retired-at`, '')],
    ['in the middle of the flip', ({ directory }) => fs.symlinkSync('trees/x', join(directory, '.current-0123'))],
    ['while a tree was removed', ({ directory }) => fs.mkdirSync(join(directory, 'trees', '.removed-0123'))],
  ])('%s goes on: what was in place is, then the new tree, and nothing is left over', async (_name, kill) => {
    const scene = await someScene('a', 'b');
    const { directory, options, digests, at } = scene;
    await syncTree(at('a'), options);
    const [a, b] = ['a', 'b'].map((name) => join(directory, 'trees', nameOf(digests[name]))) as [string, string];
    kill(scene, { a, b });
    expect(read(scene)).toBe('a');
    await syncTree(at('a'), options);
    expect(read(scene)).toBe('a');
    await syncTree(at('b'), options);
    expect(read(scene)).toBe('b');
    expect(fs.readFileSync(join(a, 'name.txt'), 'utf8')).toBe('a');
    expect(fs.readdirSync(directory).filter((name) => name.startsWith('.current-'))).toEqual([]);
    expect(treesOf(scene).filter((name) => name.startsWith('.removed-'))).toEqual([]);
  });
});

describe('treeReadiness', () => {
  it('is none before the first tree, and notReady where one is expected', async () => {
    const { directory, digests } = await someScene('a');
    expect(treeReadiness({ directory })).toEqual({ state: 'none' });
    const expected = digests['a'];
    expect(treeReadiness({ directory, expected })).toEqual({ state: 'notReady', expected });
  });

  it('is ready where the expected tree is in place, and says which one is there instead', async () => {
    const { directory, options, digests, at } = await someScene('a', 'b');
    const { path } = await syncTree(at('a'), options);
    expect(treeReadiness({ directory })).toEqual({ state: 'ready', digest: digests['a'], path });
    expect(treeReadiness({ directory, expected: digests['a'] })).toEqual({
      state: 'ready',
      digest: digests['a'],
      path,
    });
    const [expected, actual] = [digests['b'], digests['a']];
    expect(treeReadiness({ directory, expected })).toEqual({ state: 'notReady', expected, actual });
  });

  it('says that a folder cannot be read', async () => {
    const { directory } = await someScene();
    fs.writeFileSync(directory, '');
    expect(() => treeReadiness({ directory })).toThrow(expect.objectContaining({ code: 'ERR_STORE_READ' }));
  });

  it('is notReady where the tree that current names is gone', async () => {
    const { directory, options, digests, at } = await someScene('a');
    const { path } = await syncTree(at('a'), options);
    fs.rmSync(path, { recursive: true });
    expect(treeReadiness({ directory })).toEqual({ state: 'notReady', expected: digests['a'] });
    expect(await syncTree(at('a'), options)).toMatchObject({ changed: false, reused: false });
    expect(treeReadiness({ directory })).toMatchObject({ state: 'ready' });
  });
});
