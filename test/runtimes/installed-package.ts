import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
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

/** Adds one of our modules to that project, without its types, so that its imports are those of the installed package. */
export async function addModule(project: string, name: string, source: string): Promise<void> {
  const { code } = await transform(await readFile(source, 'utf8'), { loader: 'ts', target: 'es2022' });
  await writeFile(join(project, name), code);
}
