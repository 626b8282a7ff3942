import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PGlite } from '@electric-sql/pglite';
import {
  migratePostgresStore,
  postgresBlobStore,
  postgresRecordStore,
  postgresStoreMigrations,
} from '../../../../src/adapters/blob-store/postgres.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { contentOf } from '../../../../src/testing/bytes.ts';
import { present } from '../../../../src/testing/assert.ts';
import { faultyClient, once, postgresError } from './faulty-client.ts';
import { newPrefix, pglite } from './pglite.ts';

vi.setConfig({ testTimeout: 60_000 });
const bytes = utf8('some bytes');
const digest = digestOf(bytes);
const otherLayout = { code: 'ERR_STORE_READ', retryable: false, hint: expect.stringContaining('prefix') as string };

describe('the tables of a store', () => {
  let client: PGlite;
  let prefix: string;
  beforeAll(async () => {
    client = await pglite();
  });
  beforeEach(() => {
    prefix = newPrefix();
  });

  it('are made by the first operation, also one that only looks', async () => {
    expect(await postgresBlobStore({ client, prefix }).stat(digest)).toBeUndefined();
    const { rows } = await client.query(`SELECT version FROM ${prefix}layout`);
    expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('are made with their schema', async () => {
    const schema = `Schema_${prefix}`;
    const store = postgresBlobStore({ client, schema, prefix });
    await store.put(digest, bytesSource(bytes));
    const { rows } = await client.query(`SELECT digest FROM "${schema}"."${prefix}blobs"`);
    expect(rows).toEqual([{ digest }]);
  });

  it('are kept apart by their prefix, and shared by blobs and records', async () => {
    const other = postgresBlobStore({ client, prefix: newPrefix() });
    await postgresBlobStore({ client, prefix }).put(digest, bytesSource(bytes));
    await postgresRecordStore({ client, prefix }).put('a', bytes, { ifVersion: null });
    expect(await other.stat(digest)).toBeUndefined();
  });

  it('are not made where they may not be', async () => {
    const store = postgresBlobStore({ client, prefix, migrate: false });
    await expect(store.stat(digest)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      hint: 'call migratePostgresStore',
    });
    await migratePostgresStore({ client, prefix, migrate: false });
    expect(await store.stat(digest)).toBeUndefined();
  });

  it('are made by the statements that a tool of its own runs', async () => {
    for (const { statements } of postgresStoreMigrations({ prefix })) {
      for (const statement of statements) await client.query(statement);
    }
    const store = postgresBlobStore({ client, prefix, migrate: false });
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
  });

  it('are made once where many start at once', async () => {
    const stores = Array.from({ length: 20 }, () => postgresBlobStore({ client, prefix }));
    const answers = await Promise.all(stores.map((store) => store.put(digest, bytesSource(bytes))));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });

  it('are those of another process that made them meanwhile, unseen by a transaction that waited', async () => {
    const other = faultyClient(client);
    other.query = async (text, values) => {
      if (!text.includes('DO $packwright$')) return client.query(text, values);
      await migratePostgresStore({ client, prefix });
      throw postgresError('42P07', 'relation exists');
    };
    expect(await postgresBlobStore({ client: other, prefix }).stat(digest)).toBeUndefined();
  });

  it('are known where the database quotes every name', async () => {
    await client.query('SET quote_all_identifiers = on');
    try {
      await migratePostgresStore({ client, prefix });
    } finally {
      await client.query('RESET quote_all_identifiers');
    }
  });

  it('are not made by halves', async () => {
    await client.query(`CREATE TABLE ${prefix}records (key text)`);
    const store = postgresBlobStore({ client, prefix });
    await expect(store.stat(digest)).rejects.toMatchObject(otherLayout);
    const { rows } = await client.query(`SELECT to_regclass('${prefix}blobs') AS found`);
    expect(rows).toEqual([{ found: null }]);
  });

  it.each([
    ['a column more', 'ALTER TABLE $blobs ADD COLUMN more text'],
    ['a column less', 'ALTER TABLE $records DROP COLUMN value'],
    ['another type', 'ALTER TABLE $chunks ALTER COLUMN part TYPE bigint'],
    ['another order of texts', 'ALTER TABLE $records ALTER COLUMN key TYPE text COLLATE "POSIX"'],
    ['a table less', 'DROP TABLE $chunks'],
    ['no version', 'DELETE FROM $layout'],
    ['a table of versions that is none', 'ALTER TABLE $layout RENAME COLUMN version TO number'],
  ])('are not used with %s', async (_what, change) => {
    await migratePostgresStore({ client, prefix });
    await client.query(change.replace('$', prefix));
    await expect(postgresBlobStore({ client, prefix }).stat(digest)).rejects.toMatchObject(otherLayout);
    await expect(migratePostgresStore({ client, prefix })).rejects.toMatchObject(otherLayout);
  });

  it('are not used when a later version made them', async () => {
    await migratePostgresStore({ client, prefix });
    await client.query(`INSERT INTO ${prefix}layout (version) VALUES (3)`);
    await expect(postgresBlobStore({ client, prefix }).stat(digest)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      hint: 'update packwright',
    });
  });

  it('of version 1 are brought to this one, and what was in them stays', async () => {
    const [first] = postgresStoreMigrations({ prefix });
    for (const statement of first?.statements ?? []) await client.query(statement);
    await client.query(`INSERT INTO ${prefix}blobs (id, digest, size) VALUES ('a', $1, $2)`, [digest, bytes.length]);
    await client.query(`INSERT INTO ${prefix}chunks (upload, part, bytes) VALUES ('a', 0, $1)`, [bytes]);
    const waiting = postgresBlobStore({ client, prefix, migrate: false });
    await expect(waiting.stat(digest)).rejects.toMatchObject({ hint: 'call migratePostgresStore' });
    const stores = Array.from({ length: 5 }, () => postgresBlobStore({ client, prefix }));
    for (const blob of await Promise.all(stores.map((store) => store.get(digest)))) {
      expect(await contentOf(await present(blob).open())).toEqual(bytes);
      expect(await contentOf(await present(blob).openUnverifiedRange(5, 7))).toEqual(bytes.subarray(5, 7));
    }
    expect(await waiting.put(digest, bytesSource(bytes))).toEqual({ created: false });
    expect(await waiting.delete(digest)).toBe(true);
    const { rows } = await client.query(`SELECT count(*)::int AS count FROM ${prefix}chunks`);
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('are looked at again after an operation that could not', async () => {
    const faulty = faultyClient(client);
    const store = postgresBlobStore({ client: faulty, prefix });
    faulty.fault = once(/pg_class/, { before: postgresError('42501') });
    await expect(store.stat(digest)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    expect(await store.stat(digest)).toBeUndefined();
  });

  it('are typed errors when they go away meanwhile', async () => {
    const store = postgresBlobStore({ client, prefix });
    await store.put(digest, bytesSource(bytes));
    await client.query(`DROP TABLE ${prefix}chunks, ${prefix}blobs`);
    await expect(store.stat(digest)).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      details: { postgres: '42P01' },
    });
  });
});
