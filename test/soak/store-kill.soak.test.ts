import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { figure, long } from './report.ts';
import { failuresIn, goodEnd, startHere, startWorker, type WorkerEnd } from './run-worker.ts';
import { storeServers, StoreScene, type StoreName, type StoreServers } from './store-scene.ts';
import type { StoreJob } from './store-work.ts';

const kills = long ? 100 : 2;
type Verb = StoreJob['verb'];

/** Work on stores, what it is prepared by, and what is there when it has come to its end. */
interface Work {
  readonly job: StoreJob;
  /** The numbers of the blobs that are named at the end. */
  readonly names: readonly number[];
  /** The store that has all at the end, and nothing else. */
  readonly at: StoreName;
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const other = (name: StoreName): StoreName => (name === 's3' ? 'postgres' : 's3');

/** Work with blobs of its own in each round; a migration goes to and fro. */
async function prepare(scene: StoreScene, verb: Verb, home: StoreName, round: number): Promise<Work> {
  const base = { ...scene.job, verb };
  if (verb === 'put') {
    const blobs = numbers(round * 6, 6);
    return { job: { ...base, from: home, blobs }, names: blobs, at: home };
  }
  const kept = numbers(0, verb === 'gc' ? 4 : 12);
  if (round === 0) {
    await goodEnd(startHere({ ...scene.job, verb: 'put', from: home, blobs: kept }));
    scene.note(kept);
  }
  if (verb === 'gc') {
    await scene.putUnnamed(numbers(100 + round * 15, 15), home);
    return { job: { ...base, from: home }, names: kept, at: home };
  }
  const from = round % 2 === 0 ? home : other(home);
  return { job: { ...base, from, to: other(from) }, names: kept, at: other(from) };
}

/** Kills a server while work is under way with it, which goes on when the server is there again. */
async function killServer(servers: StoreServers, victim: StoreName, job: StoreJob, after: number): Promise<WorkerEnd> {
  const worker = startHere(job);
  await worker.ready;
  await sleep(after);
  const early = worker.lines.at(-1)?.startsWith('done') === true;
  await servers[victim].kill();
  await sleep(Math.random() * 100);
  await servers[victim].start();
  const end = await worker.ended;
  expect(end.code, end.stderr).toBe(0);
  return early ? { ...end, lines: ['missed'] } : end;
}

async function killProcess(job: StoreJob, after: number): Promise<WorkerEnd> {
  const worker = startWorker(job);
  await worker.ready;
  await sleep(after);
  worker.kill();
  const end = await worker.ended;
  return end.code === null ? end : { ...end, lines: ['missed'] };
}

/** All that was acknowledged can be read, and whatever can be seen is whole; gives what nothing names. */
async function expectNothingLost(scene: StoreScene): Promise<number> {
  const { ok, missing, corrupt, wrongSize, unreadable, orphans } = await scene.audit();
  expect({ ok, missing, corrupt, wrongSize, unreadable }).toEqual({
    ok: true,
    missing: [],
    corrupt: [],
    wrongSize: [],
    unreadable: [],
  });
  return orphans.length;
}

async function expectClean(scene: StoreScene, at: StoreName): Promise<void> {
  await scene.cleanUp(at);
  await expectNothingLost(scene);
  expect(await scene.leaks()).toEqual([]);
  expect(await scene.digestsIn(at)).toEqual([...scene.named.keys()].sort());
  expect(await scene.digestsIn(other(at))).toEqual([]);
}

/** The blobs that a worker said were in: their digests are those of the numbers, in this order. */
function acknowledged({ lines }: WorkerEnd, names: readonly number[]): number[] {
  return names.slice(0, lines.filter((line) => line.startsWith('sha256:')).length);
}

describeWithPeers(`kill -9 at ${kills} points`, () => {
  const serversOf = storeServers();
  it.each<[victim: 'process' | StoreName, home: StoreName, verb: Verb]>(
    (['put', 'migrate', 'gc'] as const).flatMap((verb) => [
      ['process', 's3', verb],
      ['process', 'postgres', verb],
      ['s3', 's3', verb],
      ['postgres', 'postgres', verb],
    ]),
  )('of %s, with the store and the records in %s, during %s loses nothing', async (victim, home, verb) => {
    const servers = serversOf();
    const start = victim === 'process' ? startWorker : startHere;
    const began = performance.now();
    const scene = await StoreScene.open(servers, home);
    const sums = { hits: 0, missed: 0, orphans: 0, leaks: 0, failures: 0 };
    let took = 0;
    for (let round = 0; sums.hits < kills && round <= 3 * kills + 2; round++) {
      const { job, names, at } = await prepare(scene, verb, home, round);
      // The first round, and one for the way back, are for the measure.
      if (round < 2) {
        took = (await goodEnd(start(job))).took;
      } else {
        const after = Math.random() * took;
        const end = await (victim === 'process' ? killProcess(job, after) : killServer(servers, victim, job, after));
        const missed = end.lines[0] === 'missed';
        if (missed) took = Math.max(took * 0.8, 20);
        sums[missed ? 'missed' : 'hits']++;
        sums.failures += failuresIn(end);
        scene.note(acknowledged(end, names));
        sums.orphans += await expectNothingLost(scene);
        sums.leaks += (await scene.leaks()).length;
        await goodEnd(startHere(job));
      }
      scene.note(names);
      await expectClean(scene, at);
      // Else each round would read what all before it have put.
      if (verb === 'put' && round % 4 === 3) {
        await scene.forget();
        await scene.cleanUp(at);
      }
    }
    const { hits, missed, orphans, leaks, failures } = sums;
    figure(`kill ${victim} during ${verb} in ${home}`, {
      'in the middle': hits,
      missed,
      'tries that failed': failures,
      'unnamed blobs found': orphans,
      'other leaks found': leaks,
      lost: 0,
      took: `${((performance.now() - began) / 1000).toFixed(1)} s`,
    });
    expect(hits).toBe(kills);
  });
});
