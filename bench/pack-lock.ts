import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from './measure.ts';
import { command, findProgram, run } from './programs.ts';
import { removeTree } from './work-folder.ts';

/** Together they need some 600 packages, one of them for another system only. */
const dependencies = {
  '@babel/core': '7.28.0',
  '@babel/preset-env': '7.28.0',
  eslint: '9.30.1',
  express: '5.1.0',
  gulp: '5.0.1',
  mocha: '11.7.1',
  nyc: '17.1.0',
  webpack: '5.99.9',
};

/** A real lock, of which npm's cache has every package: the first run of npm fetches them. */
export async function packLockFigure(folder: string): Promise<Figure> {
  const cwd = join(folder, 'pack-lock');
  const npm = findProgram('npm');
  const name = 'pack of a lock from a warm cache of npm';
  if (npm === undefined) return { name, comparisons: [], missing: ['npm'] };
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ name: 'bench', version: '1.0.0', dependencies }));
  const npmRun = (...args: string[]): Promise<void> =>
    run([npm, ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--cache', 'cache'], { cwd });
  try {
    await npmRun('install', '--package-lock-only');
    await npmRun('ci');
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { name, comparisons: [], missing: [`npm with a registry (${first})`] };
  }
  const count = (await readFile(join(cwd, 'package-lock.json'), 'utf8')).split('"integrity"').length - 1;
  const ours = {
    name: 'packwright pack',
    reset: () => removeTree(join(cwd, 'layout')),
    run: () => run([...command, 'pack', 'package-lock.json', ...here, '-o', 'oci:layout:bench'], { cwd }),
  };
  const peer = {
    name: 'npm ci',
    reset: () => removeTree(join(cwd, 'node_modules')),
    run: () => npmRun('ci', '--prefer-offline'),
  };
  return { name: `${name}, ${count} packages`, comparisons: [{ ours, peer, goal: 0.5 }] };
}

/** The packages that npm installs here, and no others. */
const here = ['--os', process.platform, '--cpu', process.arch, '--cache', 'cache'];
