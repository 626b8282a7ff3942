import { expect, it } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { collectGarbage } from '../../src/store/index.ts';
import { figure, long } from './report.ts';
import { failuresIn, goodEnd, startHere, startWorker } from './run-worker.ts';
import { storeServers, StoreScene, type StoreName } from './store-scene.ts';
import type { StoreJob } from './store-work.ts';

const rounds = long ? 50 : 2;
const minutes = 60_000;
/** How many processes do what. */
const [writers, collectors, migrators] = long ? [14, 3, 3] : [6, 2, 2];
const processes = writers + collectors + migrators;
const shared = Array.from({ length: 15 }, (_, index) => index);

/**
 * What each writer puts: a third of what lies there unnamed and marked, which the others put and the collectors are
 * about to delete, and some of its own.
 */
function blobsOf(writer: number, round: number): number[] {
  const own = Array.from({ length: 2 }, (_, index) => 1000 + (round * writers + writer) * 2 + index);
  return [...shared.filter((number) => (number + writer) % 3 === 0), ...own];
}

/** Blobs that nothing names are there, and marked: from the first moment on, a collector may delete them. */
async function prepare(scene: StoreScene, from: StoreName): Promise<void> {
  await scene.putUnnamed([...shared, ...shared.map((number) => number + 100)], from);
  const { blobs } = scene.stores[from];
  const report = await collectGarbage({ blobs, records: scene.home.records, roots: [], graceSeconds: 60 });
  expect(report).toMatchObject({ marked: 2 * shared.length, errors: [] });
}

describeWithPeers(`${processes} processes on one store: put, collect and migrate, ${rounds} times`, () => {
  const serversOf = storeServers();
  it.each<StoreName>(['s3', 'postgres'])('lose no blob that is named, with the records in %s', async (home) => {
    const scene = await StoreScene.open(serversOf(), home);
    const sums = { named: 0, lost: 0, deleted: 0, moved: 0, failures: 0 };
    // Every round for each of the homes would be twice what is promised.
    for (let round = home === 's3' ? 0 : 1; round < rounds; round += 2) {
      const from: StoreName = round % 4 < 2 ? home : home === 's3' ? 'postgres' : 's3';
      const to: StoreName = from === 's3' ? 'postgres' : 's3';
      await prepare(scene, from);
      // Ten minutes later, so that the marks are older than the leases by more than clocks may differ by.
      const job = { ...scene.job, from, later: 10 * minutes };
      const jobs: StoreJob[] = [];
      for (let index = 0; index < writers; index++) {
        const blobs = blobsOf(index, round);
        scene.note(blobs);
        jobs.push({ ...job, verb: 'put', blobs });
      }
      for (let index = 0; index < collectors; index++) jobs.push({ ...job, verb: 'gc', grace: 1, rounds: 3 });
      for (let index = 0; index < migrators; index++) jobs.push({ ...job, verb: 'migrate', to });
      for (const end of await Promise.all(jobs.map((each) => goodEnd(startWorker(each))))) {
        sums.failures += failuresIn(end);
        sums.deleted += sumOf(end.lines, /^deleted (\d+)/);
        sums.moved += sumOf(end.lines, /^moved (\d+)/);
      }
      const { missing, corrupt, wrongSize, unreadable } = await scene.audit();
      sums.named += scene.named.size;
      sums.lost += missing.length;
      expect({ missing, corrupt, wrongSize, unreadable }).toEqual({
        missing: [],
        corrupt: [],
        wrongSize: [],
        unreadable: [],
      });
      await goodEnd(startHere({ ...scene.job, verb: 'migrate', from, to }));
      await scene.forget();
      await scene.cleanUp(to);
      expect(await scene.digestsIn('s3')).toEqual([]);
      expect(await scene.digestsIn('postgres')).toEqual([]);
      expect(await scene.leaks()).toEqual([]);
      if (long) figure(`${processes} processes, round ${round + 1} of ${rounds}`, sums);
    }
    const { named, lost, deleted, moved, failures } = sums;
    figure(`${processes} processes on one store, records in ${home}`, {
      rounds: Math.ceil(rounds / 2),
      'named blobs': named,
      lost,
      'unnamed blobs deleted meanwhile': deleted,
      moved,
      'tries that failed': failures,
    });
    expect(lost).toBe(0);
  });
});

function sumOf(lines: readonly string[], pattern: RegExp): number {
  return lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
}
