import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, onTestFinished } from 'vitest';
import { bytesSource } from '../../src/bytes/source.ts';
import type { Digest } from '../../src/digest/digest.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { activeBlobStore, auditBlobs, type AuditReport } from '../../src/store/index.ts';
import { listed } from '../../src/testing/registry-fixtures.ts';
import { startPostgres, type PostgresServer } from '../peers/postgres-server.ts';
import { startS3Server, type S3Server } from '../peers/s3-servers.ts';
import { numberedBlob, smallBlob } from './numbered-blob.ts';
import { goodEnd, startHere } from './run-worker.ts';
import { openSoakStore, type SoakStore, type StorePlace } from './soak-store.ts';
import type { StoreJob } from './store-work.ts';

export type StoreName = 's3' | 'postgres';

/** Servers that can be killed. */
export interface StoreServers {
  readonly s3: S3Server;
  readonly postgres: PostgresServer;
}

/** Servers for all tests of a suite: each of them has stores of its own there. */
export function storeServers(): () => StoreServers {
  let servers: StoreServers | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'packwright-soak-'));
    const s3 = await startS3Server('versitygw', folder);
    const postgres = await startPostgres(['max_connections=150']);
    servers = { s3, postgres };
    return async () => {
      await Promise.all([s3.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    };
  });
  return () => servers as StoreServers;
}

let scenes = 0;

/** A store in S3 and one in Postgres, of which one has the records, and what must be in them. */
export class StoreScene {
  /** What was acknowledged: it has been put, and something names it. */
  readonly named: Map<Digest, Descriptor> = new Map<Digest, Descriptor>();
  readonly stores: Readonly<Record<StoreName, SoakStore>>;
  readonly job: Pick<StoreJob, 'stores' | 'records'>;
  readonly #servers: StoreServers;
  /** Begins the names of all that it has on the servers. */
  readonly #prefix: string;

  private constructor(
    servers: StoreServers,
    prefix: string,
    stores: Record<StoreName, SoakStore>,
    job: StoreScene['job'],
  ) {
    this.#servers = servers;
    this.#prefix = prefix;
    this.stores = stores;
    this.job = job;
  }

  /** Opens both stores, until the test is over. */
  static async open(servers: StoreServers, records: StoreName): Promise<StoreScene> {
    const { s3, postgres } = servers;
    const prefix = `soak_${scenes++}`;
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const places: Readonly<Record<StoreName, StorePlace>> = {
      s3: { kind: 's3', endpoint: s3.endpoint, prefix, keys: [accessKeyId, secretAccessKey] },
      postgres: { kind: 'postgres', url: postgres.url, prefix: `${prefix}_` },
    };
    const stores = { s3: await openSoakStore(places.s3), postgres: await openSoakStore(places.postgres) };
    onTestFinished(async () => {
      for (const store of Object.values(stores)) await store.close();
    });
    return new StoreScene(servers, prefix, stores, { stores: places, records });
  }

  get home(): SoakStore {
    return this.stores[this.job.records as StoreName];
  }

  /** Puts blobs that nothing names. */
  async putUnnamed(numbers: readonly number[], into: StoreName): Promise<void> {
    const put = async (number: number): Promise<void> => {
      const { bytes, digest } = numberedBlob(number);
      await this.stores[into].blobs.put(digest, bytesSource(bytes));
    };
    await eachOf(numbers, put);
  }

  /** Puts many small blobs, some at a time; gives their digests, sorted. */
  async putSmall(count: number, into: StoreName): Promise<string[]> {
    const { blobs } = this.stores[into];
    const digests: string[] = [];
    const put = async (number: number): Promise<void> => {
      const { bytes, digest } = smallBlob(number);
      await blobs.put(digest, bytesSource(bytes));
      digests.push(digest);
    };
    await eachOf(
      Array.from({ length: count }, (_, index) => index),
      put,
    );
    return digests.sort();
  }

  /** Notes that blobs are named; the records say so already. */
  note(numbers: readonly number[]): void {
    for (const number of numbers) {
      const { bytes, digest } = numberedBlob(number);
      this.named.set(digest, { mediaType: 'application/octet-stream', digest, size: bytes.length });
    }
  }

  /** Takes the names away from all blobs: the next collection is to remove them. */
  async forget(): Promise<void> {
    const { records } = this.home;
    for (const { key, version } of await listed(records.list('roots/')))
      await records.delete(key, { ifVersion: version });
    this.named.clear();
  }

  /** Reads every byte of everything, as those see it who look in the active store first. */
  audit(): Promise<AuditReport> {
    const stores = { s3: this.stores.s3.blobs, postgres: this.stores.postgres.blobs };
    const blobs = activeBlobStore({ records: this.home.records, stores, initial: this.job.records });
    return auditBlobs({ blobs, reachable: this.named.values() });
  }

  /** The digests of all blobs of a store, sorted. */
  async digestsIn(name: StoreName): Promise<string[]> {
    return (await listed(this.stores[name].blobs.list())).map(({ digest }) => digest).sort();
  }

  /** Removes all that nothing names, hours later, and sweeps what was never seen. */
  async cleanUp(from: StoreName): Promise<void> {
    await goodEnd(startHere({ ...this.job, verb: 'gc', from, clock: 2 * 3_600_000 }));
    await Promise.all([this.stores.s3.sweep(), this.stores.postgres.sweep()]);
  }

  /** What is in the servers besides blobs and the records of what is named; empty where nothing has leaked. */
  async leaks(): Promise<string[]> {
    const records = (await listed(this.home.records.list(''))).map(({ key }) => key);
    const foreign = records.filter((key) => !/^(roots\/|stores\/blobs$|migrations\/blobs\/state$)/.test(key));
    return [...foreign, ...(await this.#leaksInS3()), ...(await this.#leaksInPostgres())];
  }

  async #leaksInS3(): Promise<string[]> {
    const { client, endpoint, bucket } = this.#servers.s3;
    const leaks: string[] = [];
    const prefix = `${this.#prefix}/`;
    const uploads = await (await client.fetch(`${endpoint}/${bucket}?prefix=${prefix}&uploads=`)).text();
    for (const [, key = ''] of uploads.matchAll(/<Key>([^<]*)<\/Key>/g)) leaks.push(`upload ${key}`);
    for (let after = ''; ;) {
      const query = `list-type=2&prefix=${prefix}&start-after=${encodeURIComponent(after)}`;
      const page = await (await client.fetch(`${endpoint}/${bucket}?${query}`)).text();
      const keys = [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '');
      leaks.push(...keys.filter((key) => !/^((sha256|records)\/|conditions$)/.test(key.slice(prefix.length))));
      after = keys.at(-1) ?? '';
      if (after === '' || !page.includes('<IsTruncated>true<')) return leaks;
    }
  }

  async #leaksInPostgres(): Promise<string[]> {
    const client = new pg.Client({ connectionString: this.#servers.postgres.url });
    const [blobs, chunks] = [`${this.#prefix}_blobs`, `${this.#prefix}_chunks`];
    await client.connect();
    try {
      const { rows } = await client.query<{ id: string }>(
        `SELECT id FROM ${blobs} WHERE digest IS NULL UNION SELECT upload FROM ${chunks} c
         WHERE NOT EXISTS (SELECT FROM ${blobs} b WHERE b.id = c.upload AND b.digest IS NOT NULL)`,
      );
      return rows.map(({ id }) => `rows ${id}`);
    } finally {
      await client.end();
    }
  }
}

/** Does something for each number, some at a time. */
async function eachOf(numbers: readonly number[], run: (number: number) => Promise<void>): Promise<void> {
  const left = [...numbers].reverse();
  const runSome = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await run(next);
  };
  await Promise.all(Array.from({ length: 8 }, runSome));
}
