import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { programsOf, runProgramOf } from './page-programs.ts';
import { committedFiles, root } from './source-tree.ts';

const folder = await mkdtemp(join(tmpdir(), 'packwright-readme-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that reads all of the sources: on a busy machine that takes what it takes. */
const processTime = 60_000;

const pages = committedFiles().filter((file) => file.endsWith('.md'));
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

describe('README', () => {
  it.each(programsOf('README.md'))(
    'works when pasted: $title',
    async (program) => {
      const printed = await runProgramOf(program, folder);
      if (program.printed !== undefined) expect(printed).toBe(program.printed);
    },
    processTime,
  );

  it('opens with the two commands', () => {
    const shell = /```(?:sh|bash|console)\n(.*?)```/s.exec(textOf('README.md'))?.[1] ?? '';
    expect(shell).toContain('npm install && npm run demo');
    expect(shell).toContain('npm install && npm test');
  });
});

describe('docs/stores.md', () => {
  it.each(programsOf('docs/stores.md').filter(({ heading }) => !/^(S3|Postgres)$/.test(heading)))(
    'works when pasted: $heading',
    async (program) => expect(await runProgramOf(program, folder)).toBe(program.printed),
    processTime,
  );
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
