import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const binary = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

/** A registry in a process of its own. */
export interface ServedRegistry {
  /** What references to it start with. */
  readonly host: string;
  /** The most memory that it took so far, in bytes. */
  peak(): number;
  /** Ends it, as Ctrl-C does. */
  stop(): Promise<void>;
}

/** Runs `packwright serve`, until the test is over or it is stopped. */
export async function servedRegistry(
  store: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServedRegistry> {
  const args = [binary, 'serve', '--port', '0', '--store', store];
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  };
  onTestFinished(stop);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    host: new URL(line.toString().trim()).host,
    peak: () => peakIn(readFileSync(`/proc/${child.pid}/status`, 'utf8')),
    stop,
  };
}

/** The resident set of a process at its largest, in bytes. */
export function peakIn(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
