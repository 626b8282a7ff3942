import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The folder of the peers that are built from source; the others are on the PATH. `.ci/run` sets it. */
export const peerFolder: string | undefined = process.env.PACKWRIGHT_PEERS;

/** The path of a program, or its name where the PATH is to find it. */
export function programPath(name: string): string {
  const path = join(peerFolder ?? '', name);
  return existsSync(path) ? path : name;
}

/** The built command, as a user runs it. */
export const builtCommand: readonly [string, string] = [
  process.execPath,
  fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url)),
];

/** Where a program runs, and what it sees. */
export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What it reads from its standard input. */
  readonly input?: string | undefined;
}

/** Runs a program, and gives what it prints. Where it fails, the error holds all that it said. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, input = '' }: RunOptions = {},
): Promise<string> {
  const running = execute(program, args, {
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
    timeout: 120_000,
  });
  // A program that wants no input may be gone before it comes.
  running.child.stdin?.on('error', () => undefined).end(input);
  return (await running).stdout;
}
