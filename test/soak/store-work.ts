import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore, RecordStore } from 'packwright/ports';
import { activeBlobStore, collectGarbage, leasedBlobStore, migrateBlobs } from 'packwright/store';
import { isPackError } from 'packwright';
import { chunkedSource } from '../../src/testing/bytes.ts';
import { numberedBlob } from './numbered-blob.ts';
import { openSoakStore, type SoakStore, type StorePlace } from './soak-store.ts';

/** Work on stores. */
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

/**
 * Does a job with stores that it opens. Says `ready`, each digest whose blob is in and named, and at the end `done` with
 * the number of tries that failed.
 */
export async function doStoreWork(job: StoreJob, say: (line: string) => void): Promise<void> {
  const opened: Record<string, SoakStore> = {};
  for (const [name, place] of Object.entries(job.stores)) opened[name] = await openSoakStore(place);
  const work = new StoreWork(job, opened, say);
  const { now } = Date;
  if (job.clock !== undefined) Date.now = () => now() + (job.clock ?? 0);
  try {
    say('ready');
    await work[job.verb]();
    say(`done ${work.failures}`);
  } finally {
    Date.now = now;
    for (const store of Object.values(opened)) await store.close();
  }
}

class StoreWork {
  readonly #job: StoreJob;
  readonly #say: (line: string) => void;
  readonly #records: RecordStore;
  readonly #stores: Readonly<Record<string, BlobStore>>;
  readonly #active: BlobStore;
  failures = 0;

  constructor(job: StoreJob, opened: Readonly<Record<string, SoakStore>>, say: (line: string) => void) {
    this.#job = job;
    this.#say = say;
    this.#records = (opened[job.records] as SoakStore).records;
    const counted = Object.entries(opened).map(([name, { blobs }]) => [name, countReads(name, blobs, job.log)]);
    this.#stores = Object.fromEntries(counted) as Record<string, BlobStore>;
    this.#active = activeBlobStore({ records: this.#records, stores: this.#stores, initial: job.from });
  }

  async put(): Promise<void> {
    const records = this.#records;
    const blobs = leasedBlobStore({ blobs: this.#active, records, now: () => this.#now() });
    for (const number of this.#job.blobs ?? []) {
      const { bytes, digest } = numberedBlob(number);
      await this.#insist(() => blobs.put(digest, chunkedSource(bytes, [400_000])));
      await this.#insist(() => records.put(`roots/${digest}`, new Uint8Array([1]), { ifVersion: null }));
      this.#say(digest);
    }
    await this.#insist(() => blobs.release());
  }

  async gc(): Promise<void> {
    const { grace: graceSeconds = 0, rounds = 1 } = this.#job;
    const [blobs, records] = [this.#active, this.#records];
    for (let round = 0; round < rounds;) {
      const report = await this.#insist(() =>
        collectGarbage({ blobs, records, roots: rootsIn(records), graceSeconds, now: this.#now() }),
      );
      this.failures += report.errors.length;
      this.#say(`deleted ${report.deleted}`);
      if (report.errors.length === 0) round++;
      if (round < rounds) await sleep(100);
    }
  }

  async migrate(): Promise<void> {
    const names = { from: this.#job.from, to: this.#job.to ?? '' };
    const [from, to] = [this.#stores[names.from], this.#stores[names.to]] as [BlobStore, BlobStore];
    for (;;) {
      const report = await this.#insist(() =>
        migrateBlobs({ from, to, records: this.#records, names, deleteSource: true }),
      );
      this.failures += report.errors.length;
      this.#say(`moved ${report.copied} ${report.deleted}`);
      if (report.complete && report.errors.length === 0) return;
      await sleep(100);
    }
  }

  #now(): number {
    return Date.now() + (this.#job.later ?? 0);
  }

  /** Does it again while a server is away: whatever fails must say by its class that it is one of ours. */
  async #insist<T>(run: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (!isPackError(error) || !error.retryable || tries > 400) throw error;
        this.failures++;
        await sleep(25);
      }
    }
  }
}

/** A store whose reads are written to a log. */
function countReads(name: string, blobs: BlobStore, log: string | undefined): BlobStore {
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

async function* rootsIn(records: RecordStore): AsyncGenerator<`sha256:${string}`> {
  for await (const { key } of records.list('roots/')) yield key.slice('roots/'.length) as `sha256:${string}`;
}
