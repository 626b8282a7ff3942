import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram, type ProgramHost } from '../../src/cli/program.ts';

/** What a command line left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own, gone after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs one command line in a folder. */
export async function run(cwd: string, argv: readonly string[], host: Partial<ProgramHost> = {}): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): ProgramHost['stdout'] => ({
    write: (chunk) => (written[name] += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)),
  });
  const code = await runProgram(argv, {
    cwd,
    env: { npm_config_cache: join(cwd, 'no-cache'), npm_config_userconfig: join(cwd, 'no-npmrc') },
    home: cwd,
    now: Date.now,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    version: '1.2.3',
    ...host,
  });
  return { code, ...written };
}
