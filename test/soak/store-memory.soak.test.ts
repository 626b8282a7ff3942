import { execFile } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { createHash } from '../../src/digest/index.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { temporaryFolder } from './command.ts';
import { writeLargeFile } from './large-file.ts';
import { allowedMemory, figure, long, mebibytes } from './report.ts';
import { peakIn } from './served-registry.ts';
import { storeServers, StoreScene, type StoreName } from './store-scene.ts';

const size = long ? 4 * 2 ** 30 : 2 ** 28;
const allowedInServer = 256 * 2 ** 20;
const worker = fileURLToPath(new URL('store-memory-worker.ts', import.meta.url));
const run = promisify(execFile);

async function emptyPeak(): Promise<number> {
  const program = `process.stdout.write(require('node:fs').readFileSync('/proc/self/status', 'utf8'))`;
  return peakIn((await run(process.execPath, ['-e', program])).stdout);
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest();
}

/** What a server takes, in bytes: of memory that its processes share, each counts its part. */
function memoryOf(pid: number): number {
  const processes = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && (Number(name) === pid || parentOf(name) === pid),
  );
  return processes.reduce((sum, name) => sum + shareOf(name), 0);
}

function parentOf(name: string): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(textOf(`/proc/${name}/status`))?.[1]);
}

function shareOf(name: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${name}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** The most that a server took while the test runs. */
function watch(pid: number): () => number {
  let most = 0;
  const look = (): number => (most = Math.max(most, memoryOf(pid)));
  const timer = setInterval(look, 250);
  onTestFinished(() => clearInterval(timer));
  return look;
}

describeWithPeers(`a blob of ${mebibytes(size)}`, () => {
  const serversOf = storeServers();
  it.each<StoreName>(['s3', 'postgres'])(
    `in and out of %s takes at most ${mebibytes(allowedMemory)} more memory`,
    async (name) => {
      const cwd = temporaryFolder();
      const servers = serversOf();
      const place = JSON.stringify((await StoreScene.open(servers, 's3')).job.stores[name]);
      writeLargeFile(join(cwd, 'large'), size);
      const digest = await digestOfFile(join(cwd, 'large'));
      const peakOf = async (verb: string): Promise<number> =>
        Number((await run(process.execPath, [worker, verb, place, digest], { cwd })).stdout);
      const [empty, loaded] = [await emptyPeak(), await peakOf('nothing')];
      const inServer = watch(servers.postgres.pid);
      const before = inServer();
      for (const verb of ['put', 'get']) {
        const began = performance.now();
        const peak = await peakOf(verb);
        figure(`memory of ${verb}, ${name}`, {
          blob: mebibytes(size),
          'above one that loads nothing': mebibytes(peak - empty),
          'above one that loads the same': mebibytes(peak - loaded),
          took: `${((performance.now() - began) / 1000).toFixed(1)} s`,
        });
        expect.soft(peak - empty).toBeLessThanOrEqual(allowedMemory);
      }
      if (name === 's3') return;
      figure('memory of Postgres', { idle: mebibytes(before), 'at most': mebibytes(inServer()) });
      expect(inServer()).toBeLessThanOrEqual(allowedInServer);
    },
  );
});
