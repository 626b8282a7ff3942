import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built command: `.ci/soak` builds it first. */
const binary = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

export interface CommandOptions {
  readonly cwd: string;
  /** Kills the process after so many milliseconds, as `kill -9` does. */
  readonly killAfter?: number | undefined;
  /** Ends the process with a signal when a promise is kept, as Ctrl-C does with `SIGINT`. */
  readonly end?: { readonly signal: NodeJS.Signals; readonly when: Promise<unknown> } | undefined;
  /** Variables of the environment besides those that everybody has. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Is told of everything that the process says on stderr. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** Runs the built command in a process of its own. */
export function command(args: readonly string[], options: CommandOptions): Promise<Ended> {
  if (!existsSync(binary)) throw new Error('the command is not built: run npm run build');
  const { cwd, killAfter, end, env, onProgress } = options;
  const start = performance.now();
  const child = spawn(process.execPath, [binary, ...args], {
    cwd,
    // What is written to the folder for temporary files is seen there; Node's own cache is not ours.
    env: {
      ...process.env,
      NODE_DISABLE_COMPILE_CACHE: '1',
      TMPDIR: existsSync(join(cwd, 'tmp')) ? join(cwd, 'tmp') : tmpdir(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
    onProgress?.(text);
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  void end?.when.then(() => child.kill(end.signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...said, took: performance.now() - start });
    });
  });
}

/** Runs the built command, and fails unless it ends well. */
export async function succeed(args: readonly string[], options: CommandOptions): Promise<Ended> {
  const ended = await command(args, options);
  if (ended.code === 0) return ended;
  throw new Error(`packwright ${args.join(' ')} ended with ${String(ended.code)}: ${ended.stderr}`);
}

/** A new folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-soak-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
