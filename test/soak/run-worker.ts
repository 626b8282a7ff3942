import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { doStoreWork, type StoreJob } from './store-work.ts';

const worker = fileURLToPath(new URL('store-worker.ts', import.meta.url));

/** A job that is under way. */
export interface RunningJob {
  /** What it has said so far, a line each. */
  readonly lines: readonly string[];
  /** Kept when it has opened its stores, or has ended. */
  readonly ready: Promise<void>;
  readonly ended: Promise<WorkerEnd>;
}

/** A worker that runs. */
export interface RunningWorker extends RunningJob {
  kill(): void;
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

/** Starts a job in this process, which takes less time: for whoever is not going to be killed. */
export function startHere(job: StoreJob): RunningJob {
  const lines: string[] = [];
  let began = performance.now();
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const say = (line: string): void => {
    lines.push(line);
    if (line !== 'ready') return;
    began = performance.now();
    isReady();
  };
  const endOf = (code: number, stderr: string): WorkerEnd => ({ code, stderr, lines, took: performance.now() - began });
  const ended = doStoreWork(job, say).then(
    () => endOf(0, ''),
    (error: unknown) => endOf(1, error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  void ended.then(isReady);
  return { lines, ready, ended };
}

/** Waits for the end of a job, which must be a good one. */
export async function goodEnd(running: RunningJob): Promise<WorkerEnd> {
  const end = await running.ended;
  if (end.code !== 0) throw new Error(`work ended with ${String(end.code)}: ${end.stderr}`);
  return end;
}

/** The tries that failed and were done again. */
export function failuresIn({ lines }: Pick<RunningJob, 'lines'>): number {
  return Number(/^done (\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
}
