import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  migratePostgresStore,
  postgresBlobStore,
  postgresRecordStore,
} from '../../../src/adapters/blob-store/postgres.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource, type ByteSource } from '../../../src/bytes/source.ts';
import { streamFrom } from '../../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../../src/digest/digest.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { BlobStore } from '../../../src/ports/blob-store.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { storeRegistry } from '../../../src/registry/index.ts';
import { isPackError } from '../../../src/errors.ts';
import { chunkedSource, contentOf, failingSource, someBytes } from '../../../src/testing/bytes.ts';
import { putManifest } from '../../../src/testing/registry-fixtures.ts';
import { newPrefix } from '../../adapters/blob-store/postgres/pglite.ts';
import { describeWithPeers } from '../../interop/peers.ts';
import { startPostgres, type PostgresServer } from '../../peers/postgres-server.ts';
import { transactionOver } from './clients.ts';

vi.setConfig({ testTimeout: 180_000 });
const large = someBytes(5_000_000);
const digest = digestOf(large);

describeWithPeers('stores on a Postgres server', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let prefix: string;
  let worker: string;
  beforeAll(async () => {
    worker = join(mkdtempSync(join(tmpdir(), 'packwright-worker-')), 'worker.cjs');
    const entryPoints = [join(import.meta.dirname, 'put-worker.ts')];
    const external = ['pg-native'];
    await build({ entryPoints, outfile: worker, bundle: true, platform: 'node', format: 'cjs', external });
    server = await startPostgres(['max_connections=40', 'superuser_reserved_connections=0']);
    pool = openPool(8);
  });
  afterAll(async () => {
    rmSync(dirname(worker), { recursive: true });
    await pool.end();
    await server.stop();
  });
  beforeEach(() => {
    prefix = newPrefix();
  });

  function openPool(max: number, more: pg.PoolConfig = {}): pg.Pool {
    const opened = new pg.Pool({ connectionString: server.url, max, ...more });
    return opened.on('error', () => undefined);
  }

  async function content(store: BlobStore, of: Digest): Promise<Uint8Array | undefined> {
    const blob = await store.get(of);
    return blob === undefined ? undefined : contentOf(await blob.open());
  }

  it('take the same blob from twenty writers as one blob', async () => {
    const stores = Array.from({ length: 20 }, () => postgresBlobStore({ client: pool, prefix }));
    const answers = await Promise.all(stores.map((store) => store.put(digest, chunkedSource(large, [300_000]))));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const { rows } = await pool.query(`SELECT count(*)::int AS count FROM ${prefix}blobs`);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it.each([
    ['read committed', 'read\\ committed'],
    ['repeatable read', 'repeatable\\ read'],
    ['serializable', 'serializable'],
  ])('make their tables once, over twenty connections at once, in transactions that are %s', async (_name, level) => {
    const options = `-c default_transaction_isolation=${level}`;
    const pools = Array.from({ length: 20 }, () => openPool(1, { options }));
    try {
      await Promise.all(pools.map((client) => client.query('SELECT 1')));
      await Promise.all(pools.map((client) => migratePostgresStore({ client, schema: `s_${prefix}`, prefix })));
      await Promise.all(pools.map((client) => migratePostgresStore({ client, schema: `s_${prefix}`, prefix })));
    } finally {
      await Promise.all(pools.map((client) => client.end()));
    }
  });

  it('lose no increment of twenty connections', async () => {
    const records = Array.from({ length: 20 }, () => postgresRecordStore({ client: pool, prefix }));
    await records[0]?.put('n', utf8('0'), { ifVersion: null });
    await Promise.all(
      records.map(async (store) => {
        for (let done = false; !done;) {
          const found = await store.get('n');
          const next = utf8(String(Number(new TextDecoder().decode(found?.value)) + 1));
          done = (await store.put('n', next, { ifVersion: found?.version ?? null })) !== 'conflict';
        }
      }),
    );
    expect(new TextDecoder().decode((await records[0]?.get('n'))?.value)).toBe('20');
  });

  it('say when the pool has no connection left, and go on when it has', async () => {
    const small = openPool(1, { connectionTimeoutMillis: 300 });
    const store = postgresBlobStore({ client: small, prefix });
    await store.stat(digest);
    const taken = await small.connect();
    await expect(store.stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ', retryable: true });
    taken.release();
    expect(await store.stat(digest)).toBeUndefined();
    await small.end();
  });

  it('say when the server has no connection left', async () => {
    const greedy = openPool(40);
    const held = await Promise.allSettled(Array.from({ length: 40 }, () => greedy.connect()));
    const late = openPool(1);
    const store = postgresBlobStore({ client: late, prefix });
    const answer = store.put(digest, bytesSource(large));
    setTimeout(() => held.forEach((one) => one.status === 'fulfilled' && one.value.release(true)), 500);
    expect(await answer).toEqual({ created: true });
    await late.end();
    await greedy.end();
  });

  it('cancel on the server what nobody waits for', async () => {
    const store = postgresBlobStore({ client: pool, prefix });
    await store.put(digest, bytesSource(large));
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query(`LOCK TABLE ${prefix}blobs`);
    const reason = new Error('enough');
    const signal = AbortSignal.timeout(300);
    await expect(store.stat(digest, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    const impatient = postgresBlobStore({ client: pool, prefix, statementTimeout: 300, migrate: false });
    await expect(impatient.delete(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', retryable: true });
    await expect(store.get(digest, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE state = 'active' AND query LIKE '/* packwright%'`;
    let left: unknown = 1;
    for (let tries = 0; tries < 50 && left !== 0; tries++) {
      await sleep(50);
      left = ((await pool.query(waiting)).rows as { count: number }[])[0]?.count;
    }
    expect(left).toBe(0);
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await store.stat(digest)).toMatchObject({ size: large.length });
  });

  it('refuse a wrong password without showing the right one or the wrong one', async () => {
    const wrong = server.url.replace(server.password, 'wr0ng-secret');
    const other = new pg.Pool({ connectionString: wrong });
    const error: unknown = await postgresBlobStore({ client: other, prefix })
      .stat(digest)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_STORE_READ', details: { postgres: '28P01' } });
    const all = [JSON.stringify(error), String((error as Error).cause), (error as Error).stack].join();
    expect(all).not.toContain('wr0ng-secret');
    expect(all).not.toContain(server.password);
    await other.end();
  });

  it('are a registry that two servers share, with ten clients each', async () => {
    const pools = [openPool(6), openPool(6)];
    const registries = pools.map((client) =>
      storeRegistry({
        blobs: postgresBlobStore({ client, prefix }),
        records: postgresRecordStore({ client, prefix }),
      }),
    );
    const repositoryAt = (server: number): Repository => {
      const registry = registries[server % 2];
      if (registry === undefined) throw new Error('no registry');
      return registry.repository('team/app');
    };
    const subject = await putManifest(repositoryAt(0), 'subject', { tag: 'subject' });
    const pushed = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const repository = repositoryAt(index);
        const manifests: Descriptor[] = [];
        for (let round = 0; round < 5; round++) {
          // Half of the layers are the same for two clients, who are at different servers.
          const text = `layer ${Math.floor(index / 2)} of round ${round}`;
          manifests.push(await putManifest(repository, text, { tag: `${index}-${round}`, subject }));
        }
        return manifests;
      }),
    );
    for (const registry of registries) {
      const repository = registry.repository('team/app');
      for (const [index, manifests] of pushed.entries()) {
        for (const [round, { digest: of }] of manifests.entries()) {
          expect((await repository.resolve(`${index}-${round}`))?.digest).toBe(of);
        }
      }
      const { referrers } = await repository.referrers(subject.digest);
      const expected = pushed.flat().map((manifest) => manifest.digest);
      expect(referrers.map((manifest) => manifest.digest).sort()).toEqual([...new Set(expected)].sort());
    }
    await Promise.all(pools.map((client) => client.end()));
  });

  it('put a large blob in one transaction over a pool', async () => {
    const transaction = transactionOver(pool);
    const stores = Array.from({ length: 6 }, () => postgresBlobStore({ client: pool, prefix, transaction }));
    const broken = failingSource(large.subarray(0, 3_000_000), new Error('broken'));
    await expect(stores[0]?.put(digest, broken)).rejects.toThrow('broken');
    expect((await pool.query(`SELECT id FROM ${prefix}blobs`)).rows).toEqual([]);
    const answers = await Promise.all(stores.map((store) => store.put(digest, chunkedSource(large, [300_000]))));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect((await pool.query(`SELECT digest FROM ${prefix}blobs`)).rows).toEqual([{ digest }]);
  });

  it('go on with a put in a transaction when its connection ends while the source is read', async () => {
    const own = openPool(2);
    const store = postgresBlobStore({ client: own, prefix, transaction: transactionOver(own) });
    let reads = 0;
    const source: ByteSource = {
      open: async () => {
        if (++reads > 1) return chunkedSource(large).open();
        return streamFrom(async function* () {
          yield large.subarray(0, 3_000_000);
          const mine = `FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%${prefix}chunks%'`;
          for (let ended = 0; ended === 0;) {
            const { rowCount } = await pool.query(`SELECT pg_terminate_backend(pid, 10000) ${mine}`);
            ended = rowCount ?? 0;
          }
          yield large.subarray(3_000_000);
        });
      },
    };
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect(reads).toBe(2);
    await own.end();
  });

  it('show nothing of a put that was killed, at twenty points, and sweep what it left', async () => {
    const store = postgresBlobStore({ client: pool, prefix });
    await migratePostgresStore({ client: pool, prefix });
    const confirmed = new Set<string>();
    for (let round = 0; round < 20; round++) {
      for (const line of await killedAfter(150 + round * 37, round)) confirmed.add(line);
    }
    let visible = 0;
    for await (const blob of store.list()) {
      expect((await content(store, blob.digest))?.length).toBe(blob.size);
      confirmed.delete(blob.digest);
      visible += 1;
    }
    expect([...confirmed]).toEqual([]);
    expect(visible).toBeGreaterThan(0);
    await store.sweepAbandoned({ olderThanSeconds: 0 });
    const { rows } = await pool.query(
      `SELECT count(*)::int AS count FROM ${prefix}chunks c WHERE NOT EXISTS
        (SELECT FROM ${prefix}blobs b WHERE b.id = c.upload AND b.digest IS NOT NULL)`,
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  /** The digests that a writer said were in, before it was killed, some time after the first one. */
  async function killedAfter(milliseconds: number, seed: number): Promise<string[]> {
    const child = spawn(process.execPath, [worker, prefix, String(seed)], {
      env: { ...process.env, DATABASE_URL: server.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child.stdout, 'data');
    await sleep(milliseconds);
    child.kill('SIGKILL');
    await once(child, 'close');
    return said.split('\n').slice(0, -1);
  }

  it.each(['kill', 'shutDown'] as const)('lose nothing when the server ends by %s again and again', async (end) => {
    const store = postgresBlobStore({ client: pool, prefix });
    const records = postgresRecordStore({ client: pool, prefix });
    const blobs = Array.from({ length: 12 }, (_, index) => someBytes(1_500_000, index + 1));
    const confirmed: Digest[] = [];
    const state = { over: false };
    const writers = blobs.map(async (bytes, index) => {
      await sleep(index * 150);
      const of = digestOf(bytes);
      for (;;) {
        try {
          await store.put(of, chunkedSource(bytes, [200_000]));
          confirmed.push(of);
          await records.put(`blobs/${index}`, utf8(of), { ifVersion: null });
          return;
        } catch (error) {
          if (!isPackError(error) || !error.retryable) throw error;
        }
      }
    });
    const killer = (async () => {
      for (let round = 0; round < 3 && !state.over; round++) {
        await sleep(300);
        await server[end]();
        const before = [...confirmed];
        await server.start();
        for (const of of before) expect(await store.stat(of)).toBeDefined();
      }
    })();
    await Promise.all(writers);
    state.over = true;
    await killer;
    for (const bytes of blobs) expect(await content(store, digestOf(bytes))).toEqual(bytes);
    await store.sweepAbandoned({ olderThanSeconds: 0 });
    const { rows } = await pool.query(`SELECT count(*)::int AS count FROM ${prefix}blobs`);
    expect(rows).toEqual([{ count: blobs.length }]);
  });
});
