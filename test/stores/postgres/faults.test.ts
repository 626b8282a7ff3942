import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  migratePostgresStore,
  postgresBlobStore,
  postgresRecordStore,
} from '../../../src/adapters/blob-store/postgres.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { streamFrom } from '../../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../../src/digest/digest.ts';
import { chunkedSource, someBytes } from '../../../src/testing/bytes.ts';
import { newPrefix } from '../../adapters/blob-store/postgres/pglite.ts';
import { describeWithPeers } from '../../interop/peers.ts';
import { startPostgres, type PostgresServer } from '../../peers/postgres-server.ts';
import { freePort } from '../../peers/server-process.ts';

vi.setConfig({ testTimeout: 180_000 });
const large = someBytes(5_000_000);
const digest = digestOf(large);
const source = chunkedSource(large, [300_000]);

describeWithPeers('what a Postgres server refuses', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let prefix: string;
  beforeAll(async () => {
    server = await startPostgres();
    pool = openPool(server.url);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });
  beforeEach(() => {
    prefix = newPrefix();
  });

  function openPool(connectionString: string, more: pg.PoolConfig = {}): pg.Pool {
    return new pg.Pool({ connectionString, max: 4, ...more }).on('error', () => undefined);
  }

  /** The address of the server, with one part of it changed. */
  function urlWith(change: (url: URL) => void): string {
    const url = new URL(server.url);
    change(url);
    return url.href;
  }

  async function uploadsLeft(): Promise<unknown> {
    const { rows } = await pool.query(`SELECT count(*)::int AS uploads FROM ${prefix}blobs WHERE digest IS NULL`);
    return rows[0];
  }

  it.each<[string, (url: URL, port: number) => void, RegExp]>([
    ['a port where nobody is', (url, port) => (url.port = String(port)), /cannot be reached: .*127\.0\.0\.1:\d+/],
    ['a password that is wrong', (url) => (url.password = 'hunter2'), /refused the user .*user "packwright"/],
    ['a user that is not there', (url) => (url.username = 'nobody'), /refused the user .*user "nobody"/],
    ['no password', (url) => (url.password = ''), /refused the user .*password must be a string/],
    ['a database that is not there', (url) => (url.pathname = '/nowhere'), /does not exist: database "nowhere"/],
  ])('is said within seconds, without a secret: %s', async (_what, change, message) => {
    const port = await freePort();
    const wrong = openPool(urlWith((url) => change(url, port)));
    const began = performance.now();
    const error: unknown = await postgresBlobStore({ client: wrong, prefix })
      .stat(digest)
      .catch((reason: unknown) => reason);
    const took = performance.now() - began;
    await wrong.end();
    expect(error).toMatchObject({ code: 'ERR_STORE_READ', message: expect.stringMatching(message) as string });
    expect((error as Error).message).toContain(`tables public.${prefix}*`);
    expect(inspect(error, { depth: 9 })).not.toMatch(new RegExp(`hunter2|${server.password}`));
    expect(took).toBeLessThan(5000);
  });

  it('is a write by a user who only reads, who may read', async () => {
    const store = postgresBlobStore({ client: pool, prefix });
    await store.put(digest, source);
    await pool.query(`DROP ROLE IF EXISTS reader`);
    await pool.query(`CREATE ROLE reader LOGIN PASSWORD 'reader-secret'`);
    await pool.query(`GRANT SELECT ON ${prefix}blobs, ${prefix}chunks, ${prefix}records, ${prefix}layout TO reader`);
    const client = openPool(
      urlWith((url) => {
        url.username = 'reader';
        url.password = 'reader-secret';
      }),
    );
    const reader = postgresBlobStore({ client, prefix, migrate: false });
    expect(await reader.stat(digest)).toMatchObject({ size: large.length });
    const other = someBytes(2_000_000, 2);
    for (const bytes of [other, other.subarray(0, 10)]) {
      await expect(reader.put(digestOf(bytes), bytesSource(bytes))).rejects.toMatchObject({
        code: 'ERR_STORE_WRITE',
        retryable: false,
        details: { postgres: '42501' },
      });
    }
    await expect(reader.delete(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    const records = postgresRecordStore({ client, prefix, migrate: false });
    await expect(records.put('a', utf8('1'), { ifVersion: null })).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    const fresh = postgresBlobStore({ client, prefix: newPrefix() });
    await expect(fresh.stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', details: { postgres: '42501' } });
    await client.end();
    await pool.query(`DROP OWNED BY reader`);
    expect(await store.stat(digestOf(other))).toBeUndefined();
    expect(await uploadsLeft()).toEqual({ uploads: 0 });
  });

  it('is a write to a database that only reads', async () => {
    await migratePostgresStore({ client: pool, prefix });
    const client = openPool(server.url, { options: '-c default_transaction_read_only=on' });
    const store = postgresBlobStore({ client, prefix });
    await expect(store.put(digest, source)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      details: { postgres: '25006' },
    });
    expect(await store.stat(digest)).toBeUndefined();
    await client.end();
  });

  it('is a statement that takes longer than the server allows, and not the next one', async () => {
    const store = postgresBlobStore({ client: openPool(server.url, { statement_timeout: 300 }), prefix });
    expect(await store.stat(digest)).toBeUndefined();
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query(`LOCK TABLE ${prefix}blobs`);
    const cancelled = { retryable: true, details: { postgres: '57014' } };
    await expect(store.put(digest, source)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', ...cancelled });
    await expect(store.stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ', ...cancelled });
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect(await uploadsLeft()).toEqual({ uploads: 0 });
  });

  it('is a table of somebody else, which stays as it is', async () => {
    await pool.query(`CREATE TABLE ${prefix}blobs (id serial PRIMARY KEY, data text)`);
    await pool.query(`INSERT INTO ${prefix}blobs (data) VALUES ('of somebody else')`);
    const store = postgresBlobStore({ client: pool, prefix });
    await expect(store.put(digest, source)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      message: expect.stringContaining(`tables public.${prefix}* have another layout`) as string,
    });
    expect((await pool.query(`SELECT * FROM ${prefix}blobs`)).rows).toEqual([{ id: 1, data: 'of somebody else' }]);
    expect((await pool.query(`SELECT to_regclass('${prefix}chunks') AS found`)).rows).toEqual([{ found: null }]);
  });

  it('is nothing at all while it restarts in the middle of a put, a get and a list', async () => {
    const store = postgresBlobStore({ client: pool, prefix });
    await store.put(digest, source);
    const many = Array.from(
      { length: 1200 },
      (_, index) => `('${index}', 'sha256:${digestOf(utf8(`${index}`)).slice(7)}', 1)`,
    );
    await pool.query(`INSERT INTO ${prefix}blobs (id, digest, size) VALUES ${many.join()}`);
    const bytes = someBytes(4_000_000, 3);
    let restarted: Promise<void> | undefined;
    const restart = (): Promise<void> => (restarted ??= server.shutDown().then(() => server.start()));
    async function* parts(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 3_000_000);
      await restart();
      yield bytes.subarray(3_000_000);
    }
    const reader = (await (await store.get(digest))?.open())?.getReader();
    let read = (await reader?.read())?.value?.length ?? 0;
    const listing = store.list()[Symbol.asyncIterator]();
    const listed = new Set<Digest>();
    const first = await listing.next();
    if (first.done !== true) listed.add(first.value.digest);
    const put = store.put(digestOf(bytes), { open: () => Promise.resolve(streamFrom(() => parts(), undefined)) });
    await restart();
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read())
      read += next.value.length;
    expect(read).toBe(large.length);
    for (let next = await listing.next(); next.done !== true; next = await listing.next())
      listed.add(next.value.digest);
    expect(await put).toEqual({ created: true });
    expect(listed.has(digest)).toBe(true);
    expect(listed.size).toBeGreaterThanOrEqual(1201);
    expect(await uploadsLeft()).toEqual({ uploads: 0 });
  });
});
