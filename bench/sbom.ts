import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLayout } from '../src/adapters/registry/layout.ts';
import { streamOf } from '../src/bytes/source.ts';
import { digestOf, integrityOf } from '../src/digest/index.ts';
import { createPackService, type Source } from '../src/index.ts';
import type { Figure } from './measure.ts';
import { command, findProgram, run } from './programs.ts';

const formats = ['cyclonedx', 'spdx'] as const;

/** The bill of materials of a lock of 1,000 packages: ours from the pack, npm's from the lockfile. */
export async function sbomFigure(folder: string): Promise<Figure> {
  const cwd = join(folder, 'sbom');
  const name = 'a process that prints the bill of materials of 1000 packages';
  const npm = findProgram('npm');
  if (npm === undefined) return { name, comparisons: [], missing: ['npm'] };
  await mkdir(cwd, { recursive: true });
  await makePack(cwd);
  const comparisons = formats.map((format) => ({
    ours: {
      name: `packwright sbom ${format}`,
      run: () => run([...command, 'sbom', 'oci:layout:bench', '--format', format], { cwd }),
    },
    peer: {
      name: `npm sbom ${format}`,
      run: () => run([npm, 'sbom', '--package-lock-only', '--sbom-format', format, '--cache', 'cache'], { cwd }),
    },
    goal: 0.2,
  }));
  return { name, comparisons };
}

const nameOf = (index: number): string => (index % 4 === 0 ? `@group-${index % 10}/part-${index}` : `part-${index}`);
const bytesOf = (index: number): Uint8Array => new TextEncoder().encode(nameOf(index));
const indexes = Array.from({ length: 1000 }, (_, index) => index);

/** A project of 1,000 packages, each of which needs two others, and its pack. */
async function makePack(cwd: string): Promise<void> {
  const lockfile = new TextEncoder().encode(JSON.stringify(lockDocument()));
  await writeFile(join(cwd, 'package.json'), JSON.stringify(root));
  await writeFile(join(cwd, 'package-lock.json'), lockfile);
  const byDigest = new Map(indexes.map((index) => [digestOf(bytesOf(index), 'sha512'), bytesOf(index)]));
  const source: Source = {
    id: 'memory',
    open: ({ digests }) => {
      const bytes = digests.map((digest) => byDigest.get(digest)).find((found) => found !== undefined);
      return Promise.resolve(bytes === undefined ? undefined : streamOf(bytes));
    },
  };
  const { repository } = openLayout({ directory: join(cwd, 'layout') });
  const input = { lockfile: { name: 'package-lock.json', bytes: lockfile } };
  await createPackService({ sources: [source] }).pack(input, { repository, reference: 'bench' });
}

const root = {
  name: 'bench',
  version: '1.0.0',
  license: 'MIT',
  dependencies: Object.fromEntries(indexes.slice(0, 50).map((index) => [nameOf(index), '1.0.0'])),
};

function lockDocument(): object {
  const packages = indexes.map((index) => {
    const name = nameOf(index);
    const needs = [index * 2 + 1, index * 2 + 2, index + 50].filter((other) => other < indexes.length);
    return [
      `node_modules/${name}`,
      {
        version: '1.0.0',
        resolved: `https://registry.example/${name}/-/${name.replace(/^.*\//, '')}-1.0.0.tgz`,
        integrity: integrityOf(digestOf(bytesOf(index), 'sha512')),
        license: index % 10 === 0 ? '(MIT OR Apache-2.0)' : 'MIT',
        dependencies: Object.fromEntries(needs.map((other) => [nameOf(other), '1.0.0'])),
      },
    ] as const;
  });
  const { name, version } = root;
  return { name, version, lockfileVersion: 3, requires: true, packages: { '': root, ...Object.fromEntries(packages) } };
}
