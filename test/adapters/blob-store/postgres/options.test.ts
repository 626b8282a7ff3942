import { describe, expect, it } from 'vitest';
import {
  migratePostgresStore,
  postgresBlobStore,
  postgresRecordStore,
  postgresStoreMigrations,
  type PostgresClient,
} from '../../../../src/adapters/blob-store/postgres.ts';
import { digestOf } from '../../../../src/digest/digest.ts';

const client: PostgresClient = { query: () => Promise.resolve({ rows: [] }) };
const invalid = (argument: string): unknown => expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument });

describe('the options of stores in Postgres', () => {
  it('must be known', async () => {
    const unknown = { client, shema: 'x' } as never;
    expect(() => postgresBlobStore(unknown)).toThrow(invalid('shema'));
    expect(() => postgresRecordStore(unknown)).toThrow(invalid('shema'));
    expect(() => postgresStoreMigrations({ client } as never)).toThrow(invalid('client'));
    await expect(migratePostgresStore(unknown)).rejects.toEqual(invalid('shema'));
  });

  const names = [
    '',
    'a b',
    'a"; DROP TABLE x; --',
    "a'",
    'ä',
    '1a',
    'a.b',
    'a$packwright$',
    'a\0',
    'a\n',
    'x'.repeat(64),
  ];
  it.each(names)('take no schema and no prefix that is not a plain name: %j', (name) => {
    expect(() => postgresBlobStore({ client, schema: name })).toThrow(invalid('schema'));
    expect(() => postgresBlobStore({ client, prefix: name })).toThrow(invalid('prefix'));
    expect(() => postgresStoreMigrations({ prefix: name })).toThrow(invalid('prefix'));
  });

  it('take no prefix that would be cut', () => {
    expect(() => postgresBlobStore({ client, prefix: 'x'.repeat(40) })).not.toThrow();
    expect(() => postgresBlobStore({ client, prefix: 'x'.repeat(41) })).toThrow(invalid('prefix'));
    expect(() => postgresBlobStore({ client, prefix: 1 as never })).toThrow(invalid('prefix'));
  });

  it.each([0, -1, 1.5, NaN, Infinity, '5' as never])('take whole milliseconds only: %s', (time) => {
    expect(() => postgresBlobStore({ client, statementTimeout: time })).toThrow(invalid('statementTimeout'));
    expect(() => postgresBlobStore({ client, ingestLifetime: time })).toThrow(invalid('ingestLifetime'));
  });

  it.each([undefined, null, {}, { query: 1 }])('take no client without a query: %j', (wrong) => {
    expect(() => postgresBlobStore({ client: wrong as never })).toThrow(invalid('client'));
  });

  it('say how a client is wrapped that answers otherwise', async () => {
    const rows: PostgresClient = { query: () => Promise.resolve([] as never) };
    const store = postgresBlobStore({ client: rows });
    await expect(store.stat(digestOf(new Uint8Array()))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'client',
      hint: expect.stringContaining('sql.unsafe') as string,
    });
  });

  it('name the schema and the prefix in the id, and nothing of the client', () => {
    expect(postgresBlobStore({ client }).id).toBe('postgres:public.packwright_');
    expect(postgresBlobStore({ client, schema: 'a', prefix: 'b' }).id).toBe('postgres:a.b');
  });
});
