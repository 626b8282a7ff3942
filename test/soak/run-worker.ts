import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StoreJob } from './store-worker.ts';

const worker = fileURLToPath(new URL('store-worker.ts', import.meta.url));

/** A worker that runs. */
export interface RunningWorker {
  /** What it has said so far, a line each. */
  readonly lines: readonly string[];
  /** Kept when it has opened its stores, or has ended. */
  readonly ready: Promise<void>;
  kill(): void;
  readonly ended: Promise<WorkerEnd>;
}

/** How a worker ended. */
export interface WorkerEnd {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly stderr: string;
  readonly lines: readonly string[];
  /** Milliseconds from when it was ready. */
  readonly took: number;
}

/** Starts a job in a process of its own. */
export function startWorker(job: StoreJob): RunningWorker {
  const child = spawn(process.execPath, [worker, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let stderr = '';
  let began = performance.now();
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<WorkerEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr, lines, took: performance.now() - began }));
  });
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'ready') {
        began = performance.now();
        resolve();
      }
      lines.push(line);
    });
    void ended.then(() => resolve());
  });
  return { lines, ready, kill: () => child.kill('SIGKILL'), ended };
}

/** Runs a job to its end, which must be a good one. */
export async function finishWorker(job: StoreJob): Promise<WorkerEnd> {
  const end = await startWorker(job).ended;
  if (end.code !== 0) throw new Error(`${job.verb} ended with ${String(end.code)}: ${end.stderr}`);
  return end;
}

/** The tries that failed and were done again. */
export function failuresIn({ lines }: WorkerEnd): number {
  return Number(/^done (\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
}
