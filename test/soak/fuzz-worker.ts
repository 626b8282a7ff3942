/*
 * Runs one fuzz target in a thread of its own, so that a parser that never ends can be noticed and stopped.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzTarget } from '../fuzz/judge.ts';
import { mutated } from '../fuzz/mutate.ts';
import { fuzzTargets } from '../fuzz/targets.ts';

/** What a fuzz thread is told. */
export interface FuzzJob {
  readonly name: string;
  readonly seed: number;
  readonly runs: number;
  /** One number: the run that is under way. */
  readonly progress: SharedArrayBuffer;
}

/** What a fuzz thread found: the first finding, or none. */
export interface FuzzVerdict {
  readonly slowest: number;
  readonly finding?: { readonly run: number; readonly problem: string };
}

/** Longer than this, in milliseconds, is a finding; it is measured again, for the machine may have been busy. */
const patience = 1000;

async function fuzz(target: FuzzTarget, { seed, runs, progress }: FuzzJob): Promise<FuzzVerdict> {
  const current = new Int32Array(progress);
  let slowest = 0;
  for (let run = 0; run < runs; run++) {
    Atomics.store(current, 0, run);
    try {
      const took = await timed(target, mutated(target, seed, run));
      slowest = Math.max(slowest, took);
      if (took > patience) return { slowest, finding: { run, problem: `took ${took.toFixed(0)} ms` } };
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { slowest, finding: { run, problem } };
    }
  }
  return { slowest };
}

async function timed(target: FuzzTarget, bytes: Uint8Array): Promise<number> {
  let took = Infinity;
  for (let attempt = 0; attempt < 3 && took > patience; attempt++) {
    const start = performance.now();
    await target.run(bytes);
    took = Math.min(took, performance.now() - start);
  }
  return took;
}

const job = workerData as FuzzJob;
const target = fuzzTargets.find(({ name }) => name === job.name);
if (target === undefined) throw new Error(`no fuzz target is called ${job.name}`);
parentPort?.postMessage(await fuzz(target, job));
