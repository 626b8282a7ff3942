import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { mutated } from '../fuzz/mutate.ts';
import { fuzzTargets } from '../fuzz/targets.ts';
import type { FuzzJob, FuzzVerdict } from './fuzz-worker.ts';
import { figure, long, seed } from './report.ts';

const runs = Number(process.env['PACKWRIGHT_FUZZ_RUNS'] ?? (long ? 1_000_000 : 5_000));

/** A run that lasts so long never ends; the machine may be busy. Milliseconds. */
const hang = 15_000;

/** Fails with the message given when a number has stood still for too long; ends when it is told to. */
async function watch(current: Int32Array, done: AbortSignal): Promise<FuzzVerdict | undefined> {
  for (let last = -1, since = Date.now(); !done.aborted;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const run = Atomics.load(current, 0);
    if (run !== last) [last, since] = [run, Date.now()];
    else if (Date.now() - since > hang) return { slowest: hang, finding: { run, problem: 'does not end' } };
  }
  return undefined;
}

async function fuzz(name: string): Promise<FuzzVerdict> {
  const progress = new SharedArrayBuffer(4);
  const workerData: FuzzJob = { name, seed, runs, progress };
  const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), { workerData });
  const done = new AbortController();
  try {
    const ended = once(worker, 'message').then(([verdict]) => verdict as FuzzVerdict);
    const verdict = await Promise.race([ended, watch(new Int32Array(progress), done.signal)]);
    return verdict ?? (await ended);
  } finally {
    done.abort();
    await worker.terminate();
  }
}

/** Keeps the input of a finding, so that it can become a test. */
function keep(name: string, run: number): string {
  const target = fuzzTargets.find((candidate) => candidate.name === name);
  const path = join(mkdtempSync(join(tmpdir(), 'packwright-finding-')), `${name.replaceAll(/\W+/g, '-')}-${run}`);
  if (target !== undefined) writeFileSync(path, mutated(target, seed, run));
  return path;
}

describe.concurrent(`any bytes are read, or refused with a code and in time: seed ${seed}`, () => {
  const threads = availableParallelism();
  const turns = Array.from({ length: threads }, () => Promise.resolve());

  it.each(fuzzTargets.map(({ name }, index) => ({ name, index })))('$name', async ({ name, index }) => {
    // As many targets at a time as there are processors.
    const before = turns[index % threads] ?? Promise.resolve();
    const work = before.then(async () => {
      const start = performance.now();
      const { slowest, finding } = await fuzz(name);
      const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
      const facts = {
        runs: finding === undefined ? runs : finding.run,
        seed,
        took,
        slowest: `${slowest.toFixed(0)} ms`,
      };
      figure(`fuzz ${name}`, { findings: finding === undefined ? 0 : 1, ...facts });
      if (finding !== undefined) figure(`finding in ${name}`, { run: finding.run, input: keep(name, finding.run) });
      return finding;
    });
    turns[index % threads] = work.then(
      () => undefined,
      () => undefined,
    );
    expect(await work).toBeUndefined();
  });
});
