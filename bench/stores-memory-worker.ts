/*
 * One large blob into a database or out of it, in a process of its own, whose peak memory it prints in bytes:
 * `stores-memory-worker WAY VERB URL BLOB`, the blob as JSON.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { LargeBlob } from './stores-load.ts';
import { postgresWays, type PostgresWayName } from './stores-postgres-ways.ts';

const [name = '', verb = '', url = '', json = '{}'] = process.argv.slice(2);
const blob = JSON.parse(json) as LargeBlob;
const pool = new pg.Pool({ connectionString: url });
const way = postgresWays[name as PostgresWayName](pool);
const verbs: Readonly<Record<string, () => Promise<void>>> = {
  put: () => way.putFile(blob),
  get: () => way.read(blob.digest, blob.size),
};
await pool.query('SELECT 1');
await verbs[verb]?.();
await pool.end();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`${Number(peak) * 1024}\n`);
