import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
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

/** An empty project that has installed the tarball, as a user would, and the libraries that are named: our versions. */
export async function projectWithPackage(libraries: readonly string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-project-'));
  const tarball = await packedTarball(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--omit=dev', tarball, ...(await pinned(libraries))], {
    cwd: folder,
  });
  return folder;
}

/** `pg@8.23.1`, as package.json says it. */
async function pinned(libraries: readonly string[]): Promise<string[]> {
  const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
  return libraries.map((name) => `${name}@${devDependencies[name] ?? 'of no version'}`);
}

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
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
