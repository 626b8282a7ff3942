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
  // What makes, shows and writes keys: what signs and verifies is loaded with the first signature.
  'signer/key': 6,
  'blob-store/memory': 9,
  // A third of the client of the AWS SDK, with the hashes that a browser lacks.
  'blob-store/s3': 27,
  'blob-store/postgres': 19,
  'blob-store/opfs': 13,
  'blob-store/indexeddb': 13,
  'blob-store/registry': 10,
  'sink/memory': 3,
  'source/http': 12,
};
/** What a subpath may add to another before it is used; for `registry/http`, what pushes, deletes and lists is loaded later. */
const budgetsOnTop: readonly (readonly [name: string, base: string, budget: number])[] = [
  ['registry/http', 'index', 12],
  ['signer/key', 'verify', 3],
  ['signer/keyless', 'verify', 15],
];
/** What few signers need, and so is no part of what is loaded first: scrypt and XSalsa20, PBES2, curves by themselves. */
const rarelyNeeded = /(noble\/(ciphers|hashes|curves)|signer\/key\/(cosign-key|derive-key|pbes2|sign-by-key)\.ts)/;
/** Subpaths that only Node, Deno and Bun can load; nobody sends them over a network. */
const needsNode =
  /^(blob-store\/fs|registry\/layout|credential\/docker-config|source\/(file|npm-cache)|sink\/fs|sync\/fs|signer\/sigstore|transport\/(node|undici)|cli)$/;

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

  it.each(budgetsOnTop)('is small on top of another: %s on top of %s', async (name, base, budget) => {
    const { first, all } = await onTop(name, base);
    table[`${name} on top of ${base}`] = { 'first kB': first, 'all kB': all, budget };
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(budget);
  });

  it.each(['signer/key', 'signer/keyless'])(
    'has in it what few need only where that is loaded later: %s',
    async (name) => {
      const output = await bundle(name);
      const first = new Set(firstFiles(output));
      const inputs = (paths: readonly string[]): string[] =>
        paths
          .flatMap((path) => Object.keys(output.metafile.outputs[path]?.inputs ?? {}))
          .filter((one) => rarelyNeeded.test(one));
      expect(inputs([...first])).toEqual([]);
      expect(inputs(Object.keys(output.metafile.outputs))).not.toEqual([]);
    },
  );

  it('is printed for whoever chooses one', () => {
    console.table(table);
    expect(Object.keys(budgets).filter((name) => !(name in table))).toEqual([]);
  });
});
