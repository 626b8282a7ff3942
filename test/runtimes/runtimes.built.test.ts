import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';
import { runInBrowser } from './browsers.ts';
import { addModule, projectWithPackage } from './installed-package.ts';
import { runtimesIn } from './tools.ts';
import { runInWorkerd } from './workerd.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);
const golden = JSON.parse(await readFile(join(root, 'test/runtimes/golden.json'), 'utf8')) as unknown;

const project = await projectWithPackage();
afterAll(() => rm(project, { recursive: true, force: true }));
await addModule(project, 'scenario.js', join(root, 'test/runtimes/scenario.ts'));
const main = join(project, 'main.js');
await writeFile(main, "import { scenario } from './scenario.js';\nconsole.log(JSON.stringify(await scenario()));\n");

async function printed(
  program: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<unknown> {
  const { stdout } = await run(runtimes.program(program), args, { cwd: project, ...options });
  return JSON.parse(String(stdout)) as unknown;
}

describe('the installed package gives the pinned digests', { timeout: 120_000 }, () => {
  it.each(['node20', 'node22', 'node24', 'node26'])('on %s', async (node) => {
    expect(await printed(node, [main])).toEqual(golden);
  });

  it('on Deno, without any permission', async () => {
    expect(await printed('deno', ['run', '--no-prompt', main])).toEqual(golden);
  });

  it('on Bun', async () => {
    expect(await printed('bun', [main])).toEqual(golden);
  });

  it('in a Worker', async () => {
    expect(await runInWorkerd(project, runtimes)).toEqual(golden);
  });

  it.each(['Chromium', 'Firefox'] as const)('in %s', async (browser) => {
    expect(await runInBrowser(browser, project, runtimes)).toEqual(golden);
  });
});

describe('the digests do not depend on where and when', { timeout: 120_000 }, () => {
  it.each([
    ['a time zone with odd minutes', { TZ: 'Pacific/Chatham' }],
    ['a locale with other letters', { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
    ['debugging and colour', { NODE_DEBUG: 'http', FORCE_COLOR: '3' }],
  ])('%s', async (_what, variables) => {
    expect(await printed('node24', [main], { env: { ...process.env, ...variables } })).toEqual(golden);
  });

  it('another working folder', async () => {
    expect(await printed('node24', [main], { cwd: tmpdir() })).toEqual(golden);
  });

  it('a strict umask', async () => {
    const { stdout } = await run('sh', ['-c', 'umask 077 && exec "$0" "$1"', runtimes.program('node24'), main]);
    expect(JSON.parse(stdout)).toEqual(golden);
  });
});
