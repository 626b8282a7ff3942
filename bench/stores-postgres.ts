import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../test/peers/postgres-server.ts';
import type { Amount, Contender, Figure } from './measure.ts';
import { findProgram } from './programs.ts';
import { atOnce, eightAtOnce, makeLargeBlob, makeSmallBlobs } from './stores-load.ts';
import { postgresWays, type PostgresWay, type PostgresWayName } from './stores-postgres-ways.ts';

interface Sizes {
  readonly mib: number;
  readonly blobs: number;
}

type MakeFigure = (folder: string, sizes: Sizes) => Promise<Figure>;

/**
 * The most that a row can give back: pg takes a bytea as text, two digits a byte, and no text of Node has more than
 * 2^29 - 24.
 */
const largestRow = 255;

const rowsToo: readonly PostgresWayName[] = ['pg, large objects', 'pg, one bytea row', 'pg, one row, checked'];

/** packwright's store on Postgres beside what pg does by itself, on one server, which waits for its disk. */
export const postgresFigures: Readonly<Record<string, MakeFigure>> = {
  'postgres-put-blob': (folder, { mib }) => putBlob(folder, mib, ['pg, large objects']),
  'postgres-get-blob': (folder, { mib }) => getBlob(folder, mib, ['pg, large objects']),
  'postgres-put-row': (folder, { mib }) => putBlob(folder, Math.min(mib, largestRow), rowsToo),
  'postgres-get-row': (folder, { mib }) => getBlob(folder, Math.min(mib, largestRow), rowsToo),
  'postgres-put-blobs': (_, { blobs }) => {
    const all = makeSmallBlobs(blobs);
    return postgresFigure(`put of ${blobs} blobs of 100 KB, ${atOnce} at a time`, rowsToo, (way) => ({
      reset: () => way.empty(),
      run: () => eightAtOnce(all, (blob) => way.putBytes(blob)),
    }));
  },
  'postgres-get-blobs': (_, { blobs }) => {
    const all = makeSmallBlobs(blobs);
    return postgresFigure(`get of ${blobs} blobs of 100 KB, ${atOnce} at a time`, rowsToo, (way) => ({
      first: () => eightAtOnce(all, (blob) => way.putBytes(blob)),
      run: () => eightAtOnce(all, ({ digest, bytes }) => way.read(digest, bytes.length)),
    }));
  },
};

async function putBlob(folder: string, mib: number, peers: readonly PostgresWayName[]): Promise<Figure> {
  const blob = await makeLargeBlob(join(folder, 'large'), mib);
  const reset = (way: PostgresWay): Promise<void> => way.empty();
  const memory = { verb: 'put', blob: JSON.stringify(blob), before: reset };
  const job: MakeJob = (way) => ({ reset: () => reset(way), run: () => way.putFile(blob) });
  return postgresFigure(`put of a blob of ${mib} MiB`, peers, job, memory);
}

async function getBlob(folder: string, mib: number, peers: readonly PostgresWayName[]): Promise<Figure> {
  const blob = await makeLargeBlob(join(folder, 'large'), mib);
  const memory = { verb: 'get', blob: JSON.stringify(blob) };
  const job: MakeJob = (way) => ({ first: () => way.putFile(blob), run: () => way.read(blob.digest, blob.size) });
  return postgresFigure(`get of a blob of ${mib} MiB`, peers, job, memory);
}

interface Job {
  /** What is there before the first round. */
  readonly first?: () => Promise<void>;
  readonly reset?: () => Promise<void>;
  readonly run: () => Promise<void>;
}

type MakeJob = (way: PostgresWay) => Job;

/** A verb that is done once more in a process of its own. */
interface MemoryJob {
  readonly verb: string;
  readonly blob: string;
  readonly before?: (way: PostgresWay) => Promise<void>;
}

async function postgresFigure(
  title: string,
  peers: readonly PostgresWayName[],
  makeJob: MakeJob,
  memory?: MemoryJob,
): Promise<Figure> {
  const name = `${title}, Postgres`;
  const missing = hasPostgres() ? [] : ['postgres'];
  if (missing.length > 0) return { name, comparisons: [], missing };
  const server = await startPostgres(['max_wal_size=4GB']);
  const pool = new pg.Pool({ connectionString: server.url, max: atOnce });
  const ways = (['packwright', ...peers] as const).map((way) => [way, postgresWays[way](pool)] as const);
  const contenders: Contender[] = [];
  for (const [way, does] of ways) {
    await does.prepare();
    const { first, reset, run } = makeJob(does);
    await first?.();
    contenders.push({ name: way, run, reset: reset && (() => reset().then(() => settled(pool))) });
  }
  const [ours, ...others] = contenders as [Contender, ...Contender[]];
  return {
    name,
    comparisons: others.map((peer) => ({ ours, peer, goal: 1 })),
    ...(memory && { amounts: () => memoryOf(ways, memory, server.url) }),
    close: async () => {
      await pool.end();
      await server.stop();
    },
  };
}

/** Debian keeps the programs of Postgres out of the PATH. */
function hasPostgres(): boolean {
  return findProgram('initdb') !== undefined || existsSync('/usr/lib/postgresql');
}

/** What one round left to be written must not be paid for by the next one. */
async function settled(pool: pg.Pool): Promise<void> {
  await pool.query('CHECKPOINT');
}

const worker = fileURLToPath(new URL('stores-memory-worker.ts', import.meta.url));
const execute = promisify(execFile);

async function memoryOf(
  ways: readonly (readonly [PostgresWayName, PostgresWay])[],
  { verb, blob, before }: MemoryJob,
  url: string,
): Promise<readonly Amount[]> {
  const amounts: Amount[] = [];
  const peakOf = async (way: string, what: string): Promise<number> => {
    const { stdout } = await execute(process.execPath, [worker, way, what, url, blob]);
    return Math.round(Number(stdout) / 104857.6) / 10;
  };
  for (const [name, way] of ways) {
    await before?.(way);
    const idle = await peakOf(name, 'nothing');
    const value = (await peakOf(name, verb)) - idle;
    amounts.push({ name: `${name}: peak memory above that of an idle process`, value, unit: 'MiB' });
  }
  return amounts;
}
