import { join } from 'node:path';
import { build, type BuildResult } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';

type Output = BuildResult<{ metafile: true; write: false }>;
let output: Output;

beforeAll(async () => {
  output = await build({
    entryPoints: [join(root, 'src/verify/index.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    splitting: true,
    metafile: true,
    write: false,
    outdir: join(root, 'never-written'),
    platform: 'browser',
    logLevel: 'silent',
  });
});

/** The packages in the files that are loaded at first, or in all of them. */
function packagesIn({ metafile }: Output, all: boolean): string[] {
  const entry = Object.keys(metafile.outputs).find((path) => path.endsWith('/index.js')) ?? '';
  const files = new Set([entry]);
  for (const file of files) {
    for (const { path, kind } of metafile.outputs[file]?.imports ?? []) {
      if (all || kind === 'import-statement') files.add(path);
    }
  }
  const inputs = [...files].flatMap((file) => Object.keys(metafile.outputs[file]?.inputs ?? {}));
  const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

describe('packwright/verify in a bundle', () => {
  it('holds no package at first, and curves and hashes when they are needed', () => {
    expect(packagesIn(output, false)).toEqual([]);
    expect(packagesIn(output, true)).toEqual(['@noble/curves', '@noble/hashes']);
  });

  it('names no module of Node', () => {
    expect(output.outputFiles.filter(({ text }) => /from\s*["']node:|import\(["']node:/.test(text))).toEqual([]);
  });
});
