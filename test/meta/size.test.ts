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
  'blob-store/memory': 9,
  'sink/memory': 3,
  'source/http': 12,
};
/** Subpaths that only Node, Deno and Bun can load; nobody sends them over a network. */
const needsNode = /^(blob-store\/fs|registry\/layout|credential\/docker-config|source\/(file|npm-cache)|sink\/fs|transport\/undici|cli)$/;

type Output = BuildResult<{ metafile: true; write: false }>;

async function bundle(name: string): Promise<Output> {
  return build({
    entryPoints: { first: join(root, entry[name] ?? '') },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    splitting: true,
    metafile: true,
    write: false,
    outdir: join(root, 'never-written'),
    logLevel: 'silent',
    platform: needsNode.test(name) ? 'node' : 'browser',
  });
}

/** The entry's own file and every file that it imports statically, however far. */
function firstFiles({ metafile }: Output): string[] {
  const start = Object.keys(metafile.outputs).find((path) => path.endsWith('/first.js')) ?? '';
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

describe('the size of a subpath, minified and gzipped', () => {
  const table: Record<string, { 'first kB': number; 'all kB': number; budget: number | undefined }> = {};

  it.each(Object.keys(entry))('stays in its budget: %s', async (name) => {
    const { first, all } = await sizeOf(name);
    table[name] = { 'first kB': first, 'all kB': all, budget: budgets[name] };
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThanOrEqual(budgets[name] ?? Infinity);
  });

  it('is printed for whoever chooses one', () => {
    console.table(table);
    expect(Object.keys(budgets).filter((name) => !(name in table))).toEqual([]);
  });
});
