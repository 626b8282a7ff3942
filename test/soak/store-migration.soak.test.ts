import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { temporaryFolder } from './command.ts';
import { figure, long } from './report.ts';
import { startWorker, type WorkerEnd } from './run-worker.ts';
import { storeServers, StoreScene, type StoreName } from './store-scene.ts';

const count = long ? 10_000 : 120;
const kills = 5;
/** Blobs that one run is at when it is killed; a migration moves so many at a time. */
const inFlight = 8;
/** Of a line in the log, which begins with the name of a store. */
const lineLength = 's3 sha256:\n'.length + 64;

describeWithPeers(`a migration of ${count} blobs, killed ${kills} times`, () => {
  const serversOf = storeServers();
  it.each<[from: StoreName, to: StoreName]>([
    ['s3', 'postgres'],
    ['postgres', 's3'],
  ])('from %s to %s is complete, and reads no blob more than needed', async (from, to) => {
    const scene = await StoreScene.open(serversOf(), 'postgres');
    const digests = await scene.putSmall(count, from);
    const log = join(temporaryFolder(), 'reads');
    const job = { ...scene.job, verb: 'migrate', from, to, log } as const;
    writeFileSync(log, '');
    const began = performance.now();
    let [killed, missed] = [0, 0];
    let end: WorkerEnd | undefined;
    while (end?.code !== 0) {
      const worker = startWorker(job);
      await worker.ready;
      // Each is killed when about a sixth more has been read than when the last one was.
      const enough = (2 * count * lineLength * (killed + 1)) / (kills + 1);
      const state = { over: false };
      void worker.ended.then(() => (state.over = true));
      while (killed < kills && !state.over && statSync(log).size < enough) await sleep(5);
      if (killed < kills) {
        worker.kill();
        killed++;
      }
      end = await worker.ended;
      if (end.code !== null && end.code !== 0) throw new Error(end.stderr);
      if (end.code === 0 && killed < kills) missed++;
    }
    const all = readFileSync(log, 'utf8').trim().split('\n');
    const [source, target] = [from, to].map((name) => all.filter((line) => line.startsWith(`${name} `)).length);
    figure(`migration from ${from} to ${to}`, {
      blobs: count,
      killed,
      'reads of the source': source ?? 0,
      'reads of the target': target ?? 0,
      took: `${((performance.now() - began) / 1000).toFixed(1)} s`,
    });
    expect(missed).toBe(0);
    expect(killed).toBe(kills);
    expect(await scene.digestsIn(from)).toEqual([]);
    expect(await scene.digestsIn(to)).toEqual(digests);
    expect((await scene.audit()).ok).toBe(true);
    for (const done of [source, target]) {
      expect(done).toBeGreaterThanOrEqual(count);
      expect(done).toBeLessThanOrEqual(count + kills * inFlight);
    }
  });
});
