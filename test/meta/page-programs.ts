import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { entry } from '../../tsup.config.ts';
import { root } from './source-tree.ts';

const run = promisify(execFile);

/** A TypeScript block of a page, and the text block right after it: what the program prints. */
export interface PageProgram {
  /** Its first line. */
  readonly title: string;
  /** The heading that it stands under. */
  readonly heading: string;
  readonly code: string;
  readonly printed: string | undefined;
}

/** The programs of a page, in their order. */
export function programsOf(page: string): PageProgram[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/```ts\n(.*?)```(?:\s*```text\n(.*?)```)?/gs)].map(({ 1: code = '', 2: printed, index }) => {
    const headings = [...text.slice(0, index).matchAll(/^##? (.*)$/gm)];
    return { title: code.trim().split('\n')[0] ?? '', heading: headings.at(-1)?.[1] ?? '', code, printed };
  });
}

/** Runs a program in a folder, on the sources, so that no build is needed; gives what it prints. */
export async function runProgramOf(
  { code }: PageProgram,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const file = join(folder, 'pasted.mts');
  await writeFile(file, onSources(code));
  return (await run(process.execPath, [file], { cwd: folder, env: { ...process.env, ...env } })).stdout;
}

/** A subpath becomes its source; another package is that of this project. */
function onSources(code: string): string {
  return code.replaceAll(/(from )'([^.][^']*)'/g, (all, from: string, name: string) => {
    if (name.startsWith('node:')) return all;
    const subpath = name === 'packwright' ? 'index' : name.replace(/^packwright\//, '');
    const own = name.startsWith('packwright') ? join(root, entry[subpath] ?? `no subpath ${subpath}`) : undefined;
    return `${from}'${own === undefined ? import.meta.resolve(name) : pathToFileURL(own).href}'`;
  });
}
