import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Runs worker.ts in other processes, which only understand JavaScript on older runtimes: so it is bundled first. */
export interface Workers {
  /** Runs a command to its end, and gives what it said. */
  run(...command: string[]): Promise<string>;
  /** Starts a command, and waits for the first thing that it says. */
  start(...command: string[]): Promise<{ readonly said: string; kill(): Promise<void> }>;
  dispose(): void;
}

export async function workers(entry: string = join(import.meta.dirname, 'worker.ts')): Promise<Workers> {
  const directory = mkdtempSync(join(tmpdir(), 'packwright-worker-'));
  const outfile = join(directory, 'worker.mjs');
  const entryPoints = [entry];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  const launch = (command: string[]): ChildProcess =>
    spawn(process.execPath, [outfile, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    async run(...command) {
      const child = launch(command);
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}`);
      return said.trim();
    },
    async start(...command) {
      const child = launch(command);
      const [said] = (await once(child.stdout?.setEncoding('utf8') ?? child, 'data')) as [string];
      return {
        said: said.trim(),
        async kill() {
          child.kill('SIGKILL');
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        },
      };
    },
    dispose: () => rmSync(directory, { recursive: true }),
  };
}
