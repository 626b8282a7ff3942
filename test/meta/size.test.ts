import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { build, type BuildResult } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { root } from './source-tree.ts';

/** What a browser loads first, in kB (1,024 bytes, as bundlers count) after gzip: the entry and what it imports statically. */
const budgets: Readonly<Record<string, number>> = {
  index: 20,
  digest: 7,
  ports: 1,
  // The aim is 20: this is what there is, and it must not grow.
  verify: 30,
  'trust/tuf': 29,
  'blob-store/memory': 9,
  // A third of the client of the AWS SDK, with the hashes that a browser lacks.
  'blob-store/s3': 27,
  'blob-store/postgres': 18,
  'blob-store/opfs': 12,
  'blob-store/indexeddb': 13,
  'blob-store/registry': 10,
  'sink/memory': 3,
  'source/http': 12,
};
/** What `registry/http` may add to `index` before a pull: what pushes, deletes, lists and logs in is loaded later. */
const httpBudget = 12;
/** Subpaths that only Node, Deno and Bun can load; nobody sends them over a network. */
const needsNode =
  /^(blob-store\/fs|registry\/layout|credential\/docker-config|source\/(file|npm-cache)|sink\/fs|sync\/fs|transport\/(node|undici)|cli)$/;

type Output = BuildResult<{ metafile: true; write: false }>;

async function bundle(...names: readonly string[]): Promise<Output> {
  const contents = names.map((name) => `export * from ${JSON.stringify(join(root, entry[name] ?? ''))};\n`).join('');
  return build({
    stdin: { contents, resolveDir: root, sourcefile: 'first.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    splitting: true,
    metafile: true,
    write: false,
    outdir: join(root, 'never-written'),
    logLevel: 'silent',
    platform: names.some((name) => needsNode.test(name)) ? 'node' : 'browser',
  });
}

/** The entry's own file and every file that it imports statically, however far. */
function firstFiles({ metafile }: Output): string[] {
  const start = Object.keys(metafile.outputs).find((path) => path.endsWith('/stdin.js')) ?? '';
  const found = new Set([start]);
  for (const path of found)
    for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) found.add(next);
  return [...found];
}

const kilobytes = (files: readonly Uint8Array[]): number =>
  Math.round(files.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0) / 102.4) / 10;

async function sizeOf(name: string): Promise<{ first: number; all: number }> {
  const output = await bundle(name);
  const first = new Set(firstFiles(output).map((path) => join(process.cwd(), path)));
  const chosen = output.outputFiles.filter(({ path }) => first.has(path));
  return { first: kilobytes(chosen.map((f) => f.contents)), all: kilobytes(output.outputFiles.map((f) => f.contents)) };
}

/** Both as one file: where a bundler cuts the same code otherwise, gzip finds less, and that is no more code. */
async function onTop(name: string, base: string): Promise<{ first: number; all: number }> {
  const [more, less] = await Promise.all([bundle(base, name), bundle(base)]);
  const size = (output: Output, paths: ReadonlySet<string>): number =>
    kilobytes([Buffer.concat(output.outputFiles.filter(({ path }) => paths.has(path)).map((f) => f.contents))]);
  const first = (output: Output): Set<string> => new Set(firstFiles(output).map((path) => join(process.cwd(), path)));
  const all = (output: Output): Set<string> => new Set(output.outputFiles.map(({ path }) => path));
  const difference = (files: typeof first): number =>
    Math.round((size(more, files(more)) - size(less, files(less))) * 10) / 10;
  return { first: difference(first), all: difference(all) };
}

describe('the size of a subpath, minified and gzipped', () => {
  const table: Record<string, { 'first kB': number; 'all kB': number; budget: number | undefined }> = {};

  it.each(Object.keys(entry))('stays in its budget: %s', async (name) => {
    const { first, all } = await sizeOf(name);
    table[name] = { 'first kB': first, 'all kB': all, budget: budgets[name] };
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThanOrEqual(budgets[name] ?? Infinity);
  });

  it('is small on top of the main entry for a registry over HTTP', async () => {
    const { first, all } = await onTop('registry/http', 'index');
    table['registry/http on top of index'] = { 'first kB': first, 'all kB': all, budget: httpBudget };
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(httpBudget);
  });

  it('is printed for whoever chooses one', () => {
    console.table(table);
    expect(Object.keys(budgets).filter((name) => !(name in table))).toEqual([]);
  });
});
