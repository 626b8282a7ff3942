import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from '../meta/source-tree.ts';

const run = promisify(execFile);

/** Packs the built package, as a publisher would, and gives the path of the tarball. */
export async function packedTarball(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  return join(folder, packed.filename);
}

/** An empty project that has installed the tarball and nothing else, as a user would. */
export async function projectWithPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-project-'));
  const tarball = await packedTarball(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--omit=dev', tarball], { cwd: folder });
  return folder;
}

/** Adds one of our modules to that project, in one file; its imports are those of the installed package. */
export async function addModule(project: string, name: string, source: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile: join(project, name),
    bundle: true,
    packages: 'external',
    format: 'esm',
    target: 'es2022',
    // The paths of our tsconfig.json lead to the sources.
    tsconfigRaw: {},
    logLevel: 'error',
  });
}
