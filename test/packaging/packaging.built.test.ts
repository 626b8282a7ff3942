import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { root } from '../meta/source-tree.ts';
import { projectWithPackage } from '../runtimes/installed-package.ts';
import { runtimesIn } from '../runtimes/tools.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const specifiers = Object.keys(entry).map((name) => (name === 'index' ? 'packwright' : `packwright/${name}`));

const project = await projectWithPackage();
afterAll(() => rm(project, { recursive: true, force: true }));
const installed = join(project, 'node_modules/packwright');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const linked = new Set([...readme.matchAll(/\]\(([\w/]+\.md)\)/g)].map(([, page = '']) => page));
const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' });

describe('the tarball', () => {
  it('holds the pages that a user looks for, and each that its README leads to', () => {
    const pages = filesOf(installed).filter((file) => /\.md$|^LICENSE$/.test(file));
    expect(pages.sort()).toEqual([...linked, 'LICENSE', 'README.md'].sort());
  });

  it('shows no type of a library in its own types', () => {
    const types = filesOf(join(installed, 'dist')).filter((file) => file.endsWith('.d.ts'));
    const foreign = types.flatMap((file) =>
      [...readFileSync(join(installed, 'dist', file), 'utf8').matchAll(/from ['"]([^.'"][^'"]*)['"]/g)].map(
        ([, from]) => `${file}: ${from ?? ''}`,
      ),
    );
    expect(foreign.filter((line) => !/: (node:\w+|commander|packwright(\/[\w/-]+)?)$/.test(line))).toEqual([]);
  });
});

describe('a project that installed it', { timeout: 120_000 }, () => {
  it.each(['node20', 'node24'])('imports every subpath on %s', async (node) => {
    const program = `for (const name of ${JSON.stringify(specifiers)}) await import(name);\nconsole.log('all');\n`;
    await writeFile(join(project, 'every.js'), program);
    const { stdout, stderr } = await run(runtimes.program(node), [join(project, 'every.js')]);
    expect({ stdout, stderr }).toEqual({ stdout: 'all\n', stderr: '' });
  });

  it.each(['NodeNext', 'Bundler'])('compiles against its types, resolved as %s', async (resolution) => {
    const lines = specifiers.map((name, i) => `import * as m${i} from '${name}';\nexport const n${i}: object = m${i};`);
    await writeFile(join(project, 'every.ts'), lines.join('\n'));
    const options = {
      module: resolution === 'NodeNext' ? 'NodeNext' : 'ESNext',
      moduleResolution: resolution,
      target: 'ES2022',
      lib: ['ES2024', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['every.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', project]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  });

  it.each(['node20', 'node24'])('has the command, on %s', async (node) => {
    const { stdout } = await run(runtimes.program(node), [join(installed, 'dist/cli/bin.js'), '--version']);
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    expect(stdout).toContain(version);
  });

  it('finds the command under its name', async () => {
    const { stdout } = await run(join(project, 'node_modules/.bin/packwright'), ['--help']);
    expect(stdout).toMatch(/^Usage: packwright/m);
  });
});
