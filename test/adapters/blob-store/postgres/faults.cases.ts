import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  postgresBlobStore,
  postgresRecordStore,
  type PostgresBlobStore,
} from '../../../../src/adapters/blob-store/postgres.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import type { RecordStore } from '../../../../src/ports/record-store.ts';
import { chunkedSource, contentOf, hangingSource, someBytes } from '../../../../src/testing/bytes.ts';
import { always, faultyClient, once, postgresError, type FaultyClient } from './faulty-client.ts';
import { newPrefix, pglite } from './pglite.ts';

vi.setConfig({ testTimeout: 60_000 });
const small = someBytes(1000);
const large = someBytes(1024 * 1024 + 3);
const gone = postgresError('57P01', 'terminating connection due to administrator command');

let client: FaultyClient;
let store: PostgresBlobStore;
let records: RecordStore;
beforeAll(async () => {
  await pglite();
});
beforeEach(async () => {
  const prefix = newPrefix();
  client = faultyClient(await pglite());
  store = postgresBlobStore({ client, prefix });
  records = postgresRecordStore({ client, prefix });
  await store.stat(digestOf(small));
  await records.get('a');
  client.statements.length = 0;
});

/** Of what is there: to compare megabytes one by one takes longer than to store them. */
async function digestThere(bytes: Uint8Array): Promise<Digest | undefined> {
  const blob = await store.get(digestOf(bytes));
  return blob === undefined ? undefined : digestOf(await contentOf(await blob.open()));
}

describe('a connection that is lost', () => {
  it.each(['before', 'after'] as const)('costs nothing %s any statement of a put', async (when) => {
    for (let nth = 0; nth < 6; nth++) {
      client.statements.length = 0;
      client.fault = (_text, index) => (index === nth ? ({ [when]: gone } as { before: Error }) : undefined);
      expect(await store.put(digestOf(large), chunkedSource(large, [500_000]))).toEqual({ created: true });
      client.fault = () => undefined;
      expect(await digestThere(large)).toBe(digestOf(large));
      expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, bytes: 0 });
      await store.delete(digestOf(large));
    }
  });

  it('costs nothing when it is at the statement that makes a small blob visible', async () => {
    client.fault = once(/INSERT/, { after: gone });
    expect(await store.put(digestOf(small), bytesSource(small))).toEqual({ created: true });
    expect(await digestThere(small)).toBe(digestOf(small));
  });

  it('costs nothing while a blob is read', async () => {
    await store.put(digestOf(large), bytesSource(large));
    client.fault = (_text, index) => (index % 2 === 0 ? { before: postgresError('ECONNRESET') } : undefined);
    expect(await digestThere(large)).toBe(digestOf(large));
  });

  it('leaves no doubt who deleted a blob', async () => {
    await store.put(digestOf(small), bytesSource(small));
    client.fault = once(/DELETE/, { after: new Error('Connection terminated unexpectedly') });
    expect(await store.delete(digestOf(small))).toBe(true);
    expect(await store.delete(digestOf(small))).toBe(false);
  });

  it('leaves no doubt who changed a record', async () => {
    client.fault = once(/INSERT/, { after: gone });
    const first = await records.put('a', utf8('1'), { ifVersion: null });
    if (first === 'conflict') throw new Error('conflict');
    client.fault = once(/UPDATE/, { after: gone });
    const second = await records.put('a', utf8('2'), { ifVersion: first.version });
    expect(second).not.toBe('conflict');
    if (second === 'conflict') throw new Error('conflict');
    expect(await records.get('a')).toEqual({ value: utf8('2'), version: second.version });
    client.fault = once(/DELETE/, { after: gone });
    expect(await records.delete('a', { ifVersion: second.version })).toBe(true);
    expect(await records.get('a')).toBeUndefined();
  });

  it('is a typed error in the end, without a trace of the password', async () => {
    const message = 'connect ECONNREFUSED postgres://user:s3cret/s3cret@db.example:5432/x?password=s3cret';
    client.fault = always(/^SELECT/, { before: postgresError('ECONNREFUSED', message) });
    const error: unknown = await store.stat(digestOf(small)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_STORE_READ', retryable: true, details: { postgres: 'ECONNREFUSED' } });
    const { cause, message: text } = error as Error;
    expect([text, JSON.stringify(error), String(cause), (cause as Error).stack].join()).not.toContain('s3cret');
  });
});

describe('an address that is wrong', () => {
  it.each([
    Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: 'postgres://user:s3cret pw@db' }),
    new TypeError("Invalid URL: 'postgres://user:s3cret s3cret@db:port/x'"),
    new Error(`missing "=" in "host=db password='s3cret s3cret' user"`),
  ])('is not shown with its password: %s', async (before) => {
    client.fault = always(/./, { before });
    const error = await store.stat(digestOf(small)).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'ERR_STORE_READ' });
    const { cause } = error as Error;
    const all = [(error as Error).stack, (cause as Error).stack, JSON.stringify(Object.values(cause as Error))].join();
    expect(all).not.toContain('s3cret');
  });
});

describe('a server that was never there', () => {
  const refused = new AggregateError([
    postgresError('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432'),
    postgresError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'),
  ]);

  it.each([
    [Object.assign(refused, { code: 'ECONNREFUSED' }), 3, /cannot be reached: .* ::1:5432, .* 127\.0\.0\.1:5432$/],
    [postgresError('ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:5432'), 1, /192\.0\.2\.1:5432$/],
    [new Error('Connection terminated due to connection timeout'), 1, /cannot be reached/],
    [postgresError('28P01', 'password authentication failed for user "packs"'), 1, /user "packs"$/],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 1, /refused the user/],
    [postgresError('3D000', 'database "packs" does not exist'), 1, /database "packs" does not exist$/],
    [postgresError('ENOTFOUND', 'getaddrinfo ENOTFOUND db.example'), 1, /not known: .* db\.example$/],
  ])('is said after a few attempts: %s', async (error, attempts, message) => {
    client.fault = always(/./, { before: error });
    const other = postgresBlobStore({ client, prefix: newPrefix() });
    await expect(other.stat(digestOf(small))).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/client|connect/) as string,
    });
    expect(client.statements).toHaveLength(attempts);
  });

  it('is waited for where it is just coming', async () => {
    client.fault = (_text, index) => (index < 2 ? { before: postgresError('ECONNREFUSED') } : undefined);
    expect(await postgresBlobStore({ client, prefix: newPrefix() }).stat(digestOf(small))).toBeUndefined();
  });
});

describe('one statement in ten that fails', () => {
  it('is not seen from outside', async () => {
    const codes = ['40001', '40P01', '57P01', '57P05', '08006', '53300', 'CONNECTION_CLOSED'];
    let state = 7;
    client.fault = () => {
      state = (state * 16_807) % 2_147_483_647;
      const error = postgresError(codes[state % codes.length] ?? '');
      return state % 10 > 0 ? undefined : state % 20 === 0 ? { before: error } : { after: error };
    };
    const blobs = Array.from({ length: 20 }, (_, index) => someBytes(1000 * index, index + 1));
    await Promise.all(blobs.map((bytes) => store.put(digestOf(bytes), chunkedSource(bytes, [300]))));
    for (const bytes of blobs) expect(await digestThere(bytes)).toBe(digestOf(bytes));
  });
});

describe('what the database refuses', () => {
  it.each([
    ['53100', 'ERR_STORE_QUOTA', false],
    ['28P01', 'ERR_STORE_READ', false],
    ['42501', 'ERR_STORE_READ', false],
    ['25006', 'ERR_STORE_READ', false],
    ['3D000', 'ERR_STORE_READ', false],
    ['57014', 'ERR_STORE_READ', true],
    ['55P03', 'ERR_STORE_READ', true],
    ['CONNECT_TIMEOUT', 'ERR_STORE_READ', true],
    ['ENOTFOUND', 'ERR_STORE_READ', false],
    ['42703', 'ERR_STORE_READ', false],
    ['XX000', 'ERR_STORE_READ', false],
  ])('is a typed error with advice: %s', async (code, expected, retryable) => {
    client.fault = always(/^SELECT/, { before: postgresError(code) });
    await expect(store.stat(digestOf(small))).rejects.toMatchObject({
      code: expected,
      retryable,
      digest: digestOf(small),
      store: store.id,
      details: { postgres: code },
    });
  });

  it('says that a pool has no connection left', async () => {
    client.fault = always(/./, { before: new Error('timeout exceeded when trying to connect') });
    await expect(store.put(digestOf(small), bytesSource(small))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      retryable: true,
      hint: expect.stringContaining('pool') as string,
    });
  });

  it('says that the client had no more patience', async () => {
    client.fault = always(/./, { before: new Error('Query read timeout') });
    await expect(store.stat(digestOf(small))).rejects.toMatchObject({
      retryable: true,
      hint: expect.stringContaining('query_timeout') as string,
    });
  });

  it('is an error also where a client throws something else, or at once', async () => {
    client.query = () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'what is this';
    };
    await expect(store.stat(digestOf(small))).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
  });
});

describe('a statement that does not end', () => {
  it('is left after the time that it has', async () => {
    const impatient = postgresBlobStore({ client, statementTimeout: 50 });
    client.fault = always(/./, { hang: true });
    await expect(impatient.stat(digestOf(small))).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
      retryable: true,
      hint: 'raise statementTimeout',
    });
    expect(client.statements.at(-1)).toContain('pg_cancel_backend');
  });

  it('is left at once when the signal says so, and asked to be cancelled', async () => {
    client.fault = (text) => (/^SELECT digest/.test(text) ? { hang: true } : undefined);
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = store.stat(digestOf(small), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(waiting).rejects.toBe(reason);
    expect(client.statements.at(-1)).toContain('pg_cancel_backend');
  });

  it('is waited for a second where it makes a blob visible', async () => {
    client.fault = always(/INSERT/, { hang: true });
    const controller = new AbortController();
    const waiting = store.put(digestOf(small), bytesSource(small), { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    client.fault = () => undefined;
    expect(await store.stat(digestOf(small))).toBeUndefined();
  });

  it('does not keep a put from ending with the signal, and nothing becomes visible', async () => {
    client.fault = always(/INSERT INTO .*chunks/s, { hang: true });
    const controller = new AbortController();
    const waiting = store.put(digestOf(large), chunkedSource(large, [700_000]), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    client.fault = () => undefined;
    expect(await store.stat(digestOf(large))).toBeUndefined();
  });

  it('does not keep a wait before the next attempt from ending', async () => {
    client.fault = always(/^SELECT digest/, { before: gone });
    const controller = new AbortController();
    const waiting = store.stat(digestOf(small), { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('rows that a server forgot when it crashed', () => {
  it('are written again, from the source', async () => {
    let chunks = 0;
    client.fault = (text) => {
      if (!text.startsWith('WITH held') || ++chunks !== 2) return undefined;
      client.query = inner;
      return undefined;
    };
    const inner = client.query.bind(client);
    const prefix = store.id.split('.')[1] ?? '';
    client.query = async (text, values) => {
      const answer = await inner(text, values);
      if (chunks === 1) await (await pglite()).query(`DELETE FROM ${prefix}chunks`);
      return answer;
    };
    expect(await store.put(digestOf(large), chunkedSource(large, [900_000]))).toEqual({ created: true });
    expect(await digestThere(large)).toBe(digestOf(large));
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, bytes: 0 });
  });

  it('are an error when it happens each time', async () => {
    const prefix = store.id.split('.')[1] ?? '';
    const inner = client.query.bind(client);
    client.query = async (text, values) => {
      const answer = await inner(text, values);
      if (text.includes('WITH held')) await (await pglite()).query(`DELETE FROM ${prefix}chunks`);
      return answer;
    };
    await expect(store.put(digestOf(large), chunkedSource(large, [900_000]))).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      retryable: true,
    });
    expect(await store.stat(digestOf(large))).toBeUndefined();
  });
});

describe('a source that gives nothing more', () => {
  const hanging = hangingSource(someBytes(2 * 1024 * 1024), () => undefined);

  it('does not keep a put from failing where the database fails', async () => {
    client.fault = always(/^WITH held/, { before: postgresError('53100') });
    await expect(store.put(digestOf(large), hanging)).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
  });

  it('does not keep an append from failing', async () => {
    const ingest = await store.ingest?.();
    client.fault = always(/^WITH held/, { before: postgresError('53100') });
    await expect(ingest?.append(hanging)).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
  });
});

describe('what a put leaves behind', () => {
  it('is removed when the source fails, and when the bytes are wrong', async () => {
    const wrong = large.slice();
    wrong[5] = 0;
    await expect(store.put(digestOf(large), chunkedSource(wrong))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, bytes: 0 });
  });

  it('is swept by age, and counted', async () => {
    const controller = new AbortController();
    const put = store.put(
      digestOf(large),
      hangingSource(someBytes(2 * 1024 * 1024), () => controller.abort()),
      { signal: controller.signal },
    );
    client.fault = always(/^DELETE/, { before: gone });
    await expect(put).rejects.toMatchObject({ name: 'AbortError' });
    client.fault = () => undefined;
    expect(await store.sweepAbandoned({ olderThanSeconds: 3600 })).toEqual({ uploads: 0, bytes: 0 });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toMatchObject({ uploads: 1 });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, bytes: 0 });
  });

  it.each([-1, NaN, Infinity, undefined as never])('is not swept with the age %s', async (olderThanSeconds) => {
    await expect(store.sweepAbandoned({ olderThanSeconds })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('is kept however great the age is that is asked for', async () => {
    const olderThanSeconds = Number.MAX_SAFE_INTEGER;
    expect(await store.sweepAbandoned({ olderThanSeconds })).toEqual({ uploads: 0, bytes: 0 });
  });

  it('is swept by the next writer of a large blob, who does not fail where that does', async () => {
    client.fault = always(/SKIP LOCKED/, { before: postgresError('42501') });
    expect(await store.put(digestOf(large), bytesSource(large))).toEqual({ created: true });
    expect(client.statements.filter((text) => text.includes('SKIP LOCKED'))).toHaveLength(1);
  });
});

describe('a small blob', () => {
  it('is read by one statement, once for whoever finds it', async () => {
    await store.put(digestOf(small), bytesSource(small));
    client.statements.length = 0;
    const blob = await store.get(digestOf(small));
    if (blob === undefined) throw new Error('no blob');
    const first = await contentOf(await blob.open());
    expect(client.statements).toHaveLength(1);
    expect(first).toEqual(small);
    first.fill(0);
    expect(await contentOf(await blob.open())).toEqual(small);
    expect(client.statements).toHaveLength(2);
  });
});

describe('a driver that gives other types than most', () => {
  it('is understood, for every answer is a text', async () => {
    const inner = client.query.bind(client);
    client.query = async (text, values) => {
      const { rows } = await inner(text, values);
      const [row] = rows as Readonly<Record<string, unknown>>[];
      for (const value of Object.values(row ?? {})) expect(typeof (value ?? '')).toBe('string');
      return { rows };
    };
    for (const bytes of [small, large, new Uint8Array()]) {
      await store.put(digestOf(bytes), chunkedSource(bytes, [400_000]));
      expect(await digestThere(bytes)).toBe(digestOf(bytes));
      expect(await store.delete(digestOf(bytes))).toBe(true);
    }
    const put = await records.put('a', small, { ifVersion: null });
    expect((await records.get('a'))?.value).toEqual(small);
    expect(await records.delete('a', { ifVersion: put === 'conflict' ? '' : put.version })).toBe(true);
  });

  it.each([
    ['cuts bytes at a zero', (bytes: Uint8Array) => bytes.subarray(0, bytes.indexOf(0))],
    ['sends them as a text', (bytes: Uint8Array) => utf8(String.fromCharCode(...bytes))],
  ])('is refused before the first blob, where it %s', async (_what, send) => {
    const inner = client.query.bind(client);
    client.query = (text, values) =>
      inner(
        text,
        values.map((one) => (one instanceof Uint8Array ? send(one) : one)),
      );
    const other = postgresBlobStore({ client, prefix: newPrefix() });
    await expect(other.put(digestOf(small), bytesSource(small))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'client',
      hint: expect.stringContaining('Uint8Array') as string,
    });
    expect(client.statements).toHaveLength(1);
  });

  it('is refused where it changes the names of columns', async () => {
    client.query = () => Promise.resolve({ rows: [{ Text: 'AAEC' }] });
    await expect(postgresRecordStore({ client, prefix: newPrefix() }).get('a')).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'client',
      hint: expect.stringContaining('names') as string,
    });
  });

  it.each([5, { type: 'Buffer' }])('is refused, where it gives %j for a text', async (text) => {
    await store.put(digestOf(large), bytesSource(large));
    const blob = await store.get(digestOf(large));
    client.query = () => Promise.resolve({ rows: [{ text, length: 1024 * 1024, version: '1' }] });
    const expected = { code: 'ERR_INVALID_ARGUMENT', argument: 'client' };
    await expect(blob?.open().then(contentOf)).rejects.toMatchObject(expected);
    await expect(records.get('a')).rejects.toMatchObject(expected);
  });
});

describe('an error that a client wraps', () => {
  const lost = new Error('Connection terminated unexpectedly');
  const wrapped = (cause: Error): Error => new Error('Failed query: INSERT params: s3cret', { cause });

  it.each([
    ['one around that of the server', wrapped(postgresError('40001'))],
    ['one around that of the driver', wrapped(wrapped(lost))],
    ['one that has a name of its own for it', Object.assign(wrapped(lost), { cause: 1, sourceError: lost })],
    ['one with the code of Postgres beside its own', Object.assign(postgresError('ERR_SERVER'), { errno: '57P05' })],
    ['one with a prefix', postgresError('ERR_POSTGRES_CONNECTION_CLOSED')],
  ])('is known for what it is: %s', async (_what, error) => {
    client.fault = once(/INSERT/, { before: error });
    expect(await store.put(digestOf(small), bytesSource(small))).toEqual({ created: true });
  });

  it('is given without what was around it, which may have the values', async () => {
    client.fault = always(/INSERT/, { before: wrapped(postgresError('53100', 'disk full')) });
    const error: unknown = await store.put(digestOf(small), bytesSource(small)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_STORE_QUOTA', cause: { message: 'disk full' } });
    expect([(error as Error).message, (error as Error).stack].join()).not.toContain('s3cret');
  });
});

describe('a statement that lost a race and was tried again', () => {
  it('deleted nothing where the winner did', async () => {
    const other = postgresRecordStore({ client: await pglite(), prefix: store.id.split('.')[1] });
    const put = await records.put('a', small, { ifVersion: null });
    const ifVersion = put === 'conflict' ? '' : put.version;
    await store.put(digestOf(small), bytesSource(small));
    const inner = client.query.bind(client);
    let lost = false;
    client.query = async (text, values) => {
      if (lost || !text.includes('DELETE')) return inner(text, values);
      lost = true;
      await other.delete('a', { ifVersion });
      await inner(text, values);
      throw postgresError('40001', 'could not serialize access');
    };
    expect(await records.delete('a', { ifVersion })).toBe(false);
    lost = false;
    expect(await store.delete(digestOf(small))).toBe(false);
  });
});

describe('a text that not every database can take', () => {
  it.each(['b€', 'b\0x', 'b\ud800'])('is never sent: %j', async (odd) => {
    for (const key of ['a', 'b', 'b0', 'c']) await records.put(key, small, { ifVersion: null });
    const keys: string[] = [];
    for await (const { key } of records.list('', { after: odd })) keys.push(key);
    expect(keys).toEqual(odd === 'b\0x' ? ['b0', 'c'] : ['c']);
    expect(JSON.stringify(client.values)).toMatch(/^[ -~\x7f]*$/);
    expect(await records.put('a', small, { ifVersion: odd })).toBe('conflict');
    expect(client.values).not.toContain(odd);
    expect(await records.delete('a', { ifVersion: odd })).toBe('conflict');
    expect(client.values).not.toContain(odd);
  });
});
