import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { figure, long } from './report.ts';
import { failuresIn, goodEnd, startHere, startWorker, type WorkerEnd } from './run-worker.ts';
import { storeServers, StoreScene, type StoreName, type StoreServers } from './store-scene.ts';
import type { StoreJob } from './store-work.ts';

const kills = long ? 100 : 1;
/** Kills during one piece of work, which is the larger, so that what is looked at after it is not done for one kill only. */
const killsPerWork = { process: long ? 5 : 1, server: long ? 10 : 1 };
type Verb = StoreJob['verb'];

/** Work on stores, what it is prepared by, and what is there when it has come to its end. */
interface Work {
  readonly job: StoreJob;
  /** The numbers of the blobs that are named at the end. */
  readonly names: readonly number[];
  /** The store that has all at the end, and nothing else. */
  readonly at: StoreName;
}

/** How work went that was disturbed. */
interface Disturbed {
  /** Kills before the work was done. */
  readonly hits: number;
  /** Kills that came too late. */
  readonly missed: number;
  readonly failures: number;
  readonly orphans: number;
  readonly leaks: number;
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const other = (name: StoreName): StoreName => (name === 's3' ? 'postgres' : 's3');

/** Work with blobs of its own in each round, one of them in parts; a migration goes to and fro. */
async function prepare(scene: StoreScene, verb: Verb, home: StoreName, round: number, size: number): Promise<Work> {
  const base = { ...scene.job, verb };
  if (verb === 'put') {
    const blobs = numbers(round * size, size);
    return { job: { ...base, from: home, blobs }, names: blobs, at: home };
  }
  const kept = numbers(0, verb === 'gc' ? 4 : size);
  if (round === 0) {
    await goodEnd(startHere({ ...scene.job, verb: 'put', from: home, blobs: kept }));
    scene.note(kept);
  }
  if (verb === 'gc') {
    await scene.putUnnamed(numbers(100 + round * size, size), home);
    return { job: { ...base, from: home }, names: kept, at: home };
  }
  const from = round % 2 === 0 ? home : other(home);
  return { job: { ...base, from, to: other(from) }, names: kept, at: other(from) };
}

/** Kills a server, and again, while work is under way with it, which goes on each time when the server is there again. */
async function killServer(
  servers: StoreServers,
  victim: StoreName,
  { job }: Work,
  { took, most }: { readonly took: number; readonly most: number },
): Promise<Disturbed> {
  const worker = startHere(job);
  await worker.ready;
  let hits = 0;
  for (; hits < most; hits++) {
    await sleep((Math.random() * 2 * took) / most);
    if (worker.lines.at(-1)?.startsWith('done') === true) break;
    await servers[victim].kill();
    await sleep(Math.random() * 100);
    await servers[victim].start();
  }
  return { hits, missed: hits === 0 ? 1 : 0, failures: failuresIn(await goodEnd(worker)), orphans: 0, leaks: 0 };
}

/** Kills a process, and the next one that takes the work up, and so on; the last one comes to its end. */
async function killProcess(
  scene: StoreScene,
  { job, names }: Work,
  { took, most }: { readonly took: number; readonly most: number },
): Promise<Disturbed> {
  const sums = { hits: 0, missed: 0, failures: 0, orphans: 0, leaks: 0 };
  for (let left = took; sums.hits < most && sums.missed === 0;) {
    const worker = startWorker(job);
    await worker.ready;
    const after = Math.random() * left;
    await sleep(after);
    worker.kill();
    const end = await worker.ended;
    // Whoever takes it up has less to do, but not by as much as was done: it looks at that again.
    left = Math.max(left - after / 2, took / 10);
    sums[end.code === null ? 'hits' : 'missed']++;
    scene.note(acknowledged(end, names));
    sums.orphans += await expectNothingLost(scene);
    sums.leaks += (await scene.leaks()).length;
  }
  await goodEnd(startHere(job));
  return sums;
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

describeWithPeers(`kill -9 at ${kills} random ${kills === 1 ? 'point' : 'points'}`, () => {
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
    const sums = { hits: 0, missed: 0, failures: 0, orphans: 0, leaks: 0 };
    const perWork = killsPerWork[victim === 'process' ? 'process' : 'server'];
    let took = 0;
    for (let round = 0; sums.hits < kills && round <= 3 * kills + 2; round++) {
      const work = await prepare(scene, verb, home, round, 4 + 4 * perWork);
      const plan = { took, most: Math.min(perWork, kills - sums.hits) };
      // The first round is for the measure, and in a migration the one for the way back, too.
      if (round < (verb === 'migrate' ? 2 : 1)) {
        took = (await goodEnd(start(work.job))).took;
      } else {
        const result = await (victim === 'process'
          ? killProcess(scene, work, plan)
          : killServer(servers, victim, work, plan));
        for (const name of Object.keys(sums) as (keyof Disturbed)[]) sums[name] += result[name];
        took = Math.max(took * (result.missed > 0 ? 0.8 : 1), 20);
      }
      scene.note(work.names);
      await expectClean(scene, work.at);
      // Else each round would read what all before it have put.
      if (verb === 'put') {
        await scene.forget();
        await scene.cleanUp(work.at);
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
