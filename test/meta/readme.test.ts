import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { committedFiles, root } from './source-tree.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'packwright-readme-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const pages = committedFiles().filter((file) => file.endsWith('.md'));
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** A TypeScript block, and the text block right after it: what the program prints. */
const blocks = [...textOf('README.md').matchAll(/```ts\n(.*?)```(?:\s*```text\n(.*?)```)?/gs)].map(
  ([, code = '', printed]) => ({ code, printed, title: code.trim().split('\n')[0] ?? '' }),
);

/** The same program on the sources, so that no build is needed. */
const onSources = (code: string): string =>
  code.replaceAll(/(['"])packwright(?:\/([\w/-]+))?\1/g, (_all, quote: string, subpath = 'index') => {
    const url = pathToFileURL(join(root, entry[subpath as string] ?? `no subpath ${subpath as string}`));
    return `${quote}${url.href}${quote}`;
  });

describe('README', () => {
  it.each(blocks)('works when pasted: $title', async ({ code, printed }) => {
    const file = join(folder, 'pasted.mts');
    await writeFile(file, onSources(code));
    const { stdout } = await run(process.execPath, [file], { cwd: folder });
    if (printed !== undefined) expect(stdout).toBe(printed);
  });

  it('opens with the two commands', () => {
    const shell = /```(?:sh|bash|console)\n(.*?)```/s.exec(textOf('README.md'))?.[1] ?? '';
    expect(shell).toContain('npm install && npm run demo');
    expect(shell).toContain('npm install && npm test');
  });
});

/** `## The idea` is reached as `#the-idea`. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+\s+(.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

function linksOf(page: string): string[] {
  const prose = textOf(page).replaceAll(/```.*?```/gs, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

describe('a link in a page', () => {
  it.each(pages)('leads somewhere: %s', (page) => {
    const broken = linksOf(page).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});
