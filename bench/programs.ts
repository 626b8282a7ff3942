import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command, as a user runs it. */
export const command: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url)),
];

/** The path of a program in the folder that `PACKWRIGHT_PEERS` names, or else in PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [process.env.PACKWRIGHT_PEERS ?? '', ...(process.env.PATH ?? '').split(delimiter)];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The path of GNU tar; other programs of that name have other flags. */
export function findGnuTar(): string | undefined {
  return ['gtar', 'tar'].map(findProgram).find((path) => path !== undefined && isGnu(path));
}

function isGnu(path: string): boolean {
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.includes('GNU tar');
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Runs a program to its end, and throws what it said where it fails. What it prints otherwise is dropped. */
export async function run([program = '', ...args]: readonly string[], options: RunOptions = {}): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${said}`);
}
