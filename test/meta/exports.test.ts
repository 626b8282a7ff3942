import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { importsOf, root, typescriptFiles } from './source-tree.ts';

interface Listing {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly entryPoints: readonly string[];
  readonly version: string;
}

const read = (file: string): Listing => JSON.parse(readFileSync(join(root, file), 'utf8')) as Listing;
const subpathOf = (name: string): string => (name === 'index' ? '.' : `./${name}`);
const subpaths = Object.fromEntries(Object.entries(entry).map(([name, source]) => [subpathOf(name), source]));

/** A subpath is a folder of src, or a file two folders deep in adapters. */
const sourcesOf = (name: string): string[] =>
  name === 'index' ? ['src/index.ts'] : [`src/${name}/index.ts`, `src/adapters/${name}.ts`];

describe('the subpaths', () => {
  it.each(Object.entries(entry))('build %s from the file of that name', (name, source) => {
    expect(sourcesOf(name)).toContain(source);
    expect(existsSync(join(root, source))).toBe(true);
  });

  it('are the same in package.json', () => {
    const { './package.json': own, ...exported } = read('package.json').exports;
    expect(own).toBe('./package.json');
    const expected = Object.keys(entry).map((name) => [
      subpathOf(name),
      { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    ]);
    expect(exported).toEqual(Object.fromEntries(expected));
  });

  it('are the same in jsr.json', () => {
    const expected = Object.entries(subpaths).map(([subpath, source]) => [subpath, `./${source}`]);
    expect(read('jsr.json').exports).toEqual(Object.fromEntries(expected));
    expect(read('jsr.json').version).toBe(read('package.json').version);
  });

  it('are the same in typedoc.json', () => {
    expect(read('typedoc.json').entryPoints).toEqual(Object.values(entry));
  });

  it('show every file of an adapter that no other file uses', () => {
    const adapters = typescriptFiles('src/adapters');
    const users = [...adapters, ...typescriptFiles('src/cli'), ...typescriptFiles('src/testing')];
    const used = new Set(users.flatMap((file) => importsOf(file).map(({ target }) => target)));
    expect(adapters.filter((file) => !used.has(file) && !Object.values(entry).includes(file))).toEqual([]);
  });

  it('each open with a sentence for the reference pages', () => {
    const mute = Object.values(entry).filter((file) => !/@module/.test(readFileSync(join(root, file), 'utf8')));
    expect(mute).toEqual([]);
  });
});
