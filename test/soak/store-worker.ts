/*
 * Work on stores in a process of its own, which may be killed: `store-worker JOB`, the job as JSON. Says `ready`, each
 * digest whose blob is in and named, and at the end `done` with the number of tries that failed.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore, RecordStore } from 'packwright/ports';
import { activeBlobStore, collectGarbage, leasedBlobStore, migrateBlobs } from 'packwright/store';
import { isPackError } from 'packwright';
import { chunkedSource } from '../../src/testing/bytes.ts';
import { numberedBlob } from './numbered-blob.ts';
import { openSoakStore, type SoakStore, type StorePlace } from './soak-store.ts';

/** What a worker does. */
export interface StoreJob {
  readonly verb: 'put' | 'gc' | 'migrate';
  readonly stores: Readonly<Record<string, StorePlace>>;
  /** The store that has the records. */
  readonly records: string;
  /** The store that is active as long as no record says so; a migration goes from there. */
  readonly from: string;
  readonly to?: string | undefined;
  /** The numbers of the blobs to put. */
  readonly blobs?: readonly number[] | undefined;
  /** Milliseconds by which leases and marks are younger than they look. */
  readonly later?: number | undefined;
  /** Milliseconds by which the whole process lives later: then what a killed one had claimed is free again. */
  readonly clock?: number | undefined;
  readonly grace?: number | undefined;
  readonly rounds?: number | undefined;
  /** Gets a line for each read of a blob: the name of the store and the digest. */
  readonly log?: string | undefined;
}

const job = JSON.parse(process.argv[2] ?? '{}') as StoreJob;
const opened: Record<string, SoakStore> = {};
for (const [name, place] of Object.entries(job.stores)) opened[name] = await openSoakStore(place);
const { records } = opened[job.records] as SoakStore;
const stores = Object.fromEntries(Object.entries(opened).map(([name, { blobs }]) => [name, counted(name, blobs)]));
const active = activeBlobStore({ records, stores, initial: job.from });
const realNow = Date.now.bind(Date);
const now = (): number => realNow() + (job.later ?? 0);
if (job.clock !== undefined) Date.now = () => realNow() + (job.clock ?? 0);
let failures = 0;

/** A store whose reads are written to the log. */
function counted(name: string, blobs: BlobStore): BlobStore {
  const { log } = job;
  if (log === undefined) return blobs;
  return {
    ...blobs,
    get: async (digest, options) => {
      const found = await blobs.get(digest, options);
      if (found === undefined) return undefined;
      const open: typeof found.open = (how) => {
        appendFileSync(log, `${name} ${digest}\n`);
        return found.open(how);
      };
      return { size: found.size, openUnverifiedRange: found.openUnverifiedRange.bind(found), open };
    },
  };
}

/** Does it again while a server is away: whatever fails must say by its class that it is one of ours. */
async function insist<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isPackError(error) || !error.retryable || tries > 100) throw error;
      failures++;
      await sleep(100);
    }
  }
}

async function put(): Promise<void> {
  const blobs = leasedBlobStore({ blobs: active, records, now });
  for (const number of job.blobs ?? []) {
    const { bytes, digest } = numberedBlob(number);
    await insist(() => blobs.put(digest, chunkedSource(bytes, [400_000])));
    await insist(() => records.put(`roots/${digest}`, new Uint8Array([1]), { ifVersion: null }));
    process.stdout.write(`${digest}\n`);
  }
  await insist(() => blobs.release());
}

async function* roots(from: RecordStore): AsyncGenerator<`sha256:${string}`> {
  for await (const { key } of from.list('roots/')) yield key.slice('roots/'.length) as `sha256:${string}`;
}

async function gc(): Promise<void> {
  const graceSeconds = job.grace ?? 0;
  for (let round = 0; round < (job.rounds ?? 1);) {
    const at = job.clock === undefined ? now() : Date.now();
    const report = await insist(() =>
      collectGarbage({ blobs: active, records, roots: roots(records), graceSeconds, now: at }),
    );
    failures += report.errors.length;
    process.stdout.write(`deleted ${report.deleted}\n`);
    if (report.errors.length === 0) round++;
    if (round < (job.rounds ?? 1)) await sleep(100);
  }
}

async function migrate(): Promise<void> {
  const names = { from: job.from, to: job.to ?? '' };
  const [from, to] = [stores[names.from], stores[names.to]] as [BlobStore, BlobStore];
  for (;;) {
    const report = await insist(() => migrateBlobs({ from, to, records, names, deleteSource: true }));
    failures += report.errors.length;
    process.stdout.write(`moved ${report.copied} ${report.deleted}\n`);
    if (report.complete && report.errors.length === 0) return;
    await sleep(100);
  }
}

const verbs = { put, gc, migrate };
process.stdout.write('ready\n');
await verbs[job.verb]();
process.stdout.write(`done ${failures}\n`);
for (const store of Object.values(opened)) await store.close();
