import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PGlite } from '@electric-sql/pglite';
import { postgresBlobStore, type PostgresBlobStore } from '../../../../src/adapters/blob-store/postgres.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import type { Ingest, StoredBlob } from '../../../../src/ports/blob-store.ts';
import { chunkedSource, contentOf, failingSource, hangingSource, someBytes } from '../../../../src/testing/bytes.ts';
import { always, faultyClient, once, postgresError, type FaultyClient } from './faulty-client.ts';
import { newPrefix, pglite } from './pglite.ts';

vi.setConfig({ testTimeout: 60_000 });
const mebibyte = 1024 * 1024;
const bytes = someBytes(mebibyte + 500_000);
const digest = digestOf(bytes);
const gone = postgresError('57P01');

let database: PGlite;
let client: FaultyClient;
let prefix: string;
let store: PostgresBlobStore;
beforeAll(async () => {
  database = await pglite();
});
beforeEach(async () => {
  prefix = newPrefix();
  client = faultyClient(database);
  store = postgresBlobStore({ client, prefix });
  await store.stat(digest);
});

/** The blob of all these tests, which must be there. */
async function found(): Promise<StoredBlob> {
  const blob = await store.get(digest);
  if (blob === undefined) throw new Error('no blob');
  return blob;
}

async function begin(id?: string, from: PostgresBlobStore = store): Promise<Ingest> {
  const ingest = await from.ingest?.(id);
  if (ingest === undefined) throw new Error('no ingest');
  return ingest;
}

describe('the rows of a blob', () => {
  it('are full but for the last one, however the bytes came', async () => {
    const ingest = await begin();
    for (const cut of [0, 1, 700_000, 700_001, mebibyte, mebibyte + 1, bytes.length - 1]) {
      await ingest.append(bytesSource(bytes.subarray(ingest.offset, cut)));
    }
    await ingest.append(bytesSource(bytes.subarray(ingest.offset)));
    await ingest.commit(digest);
    const { rows } = await database.query(`SELECT part, octet_length(bytes) AS length FROM ${prefix}chunks ORDER BY 1`);
    expect(rows).toEqual([
      { part: 0, length: mebibyte },
      { part: 1, length: 500_000 },
    ]);
    expect(digestOf(await contentOf(await (await found()).open()))).toBe(digest);
  });

  it('before a range are not read', async () => {
    await store.put(digest, bytesSource(bytes));
    const blob = await found();
    client.statements.length = 0;
    const range = await blob.openUnverifiedRange(mebibyte + 10, mebibyte + 20);
    expect(await contentOf(range)).toEqual(bytes.subarray(mebibyte + 10, mebibyte + 20));
    expect(client.statements).toHaveLength(1);
    expect(client.values).toEqual([expect.any(String), 11, 10, 1]);
  });

  it('are not compressed in vain', async () => {
    await store.put(digest, bytesSource(bytes));
    const { rows } = await database.query(
      `SELECT attstorage FROM pg_attribute WHERE attrelid = '${prefix}chunks'::regclass AND attname = 'bytes'`,
    );
    expect(rows).toEqual([{ attstorage: 'e' }]);
  });

  it('are gone with it', async () => {
    await store.put(digest, bytesSource(bytes));
    await store.delete(digest);
    const { rows } = await database.query(`SELECT count(*)::int AS count FROM ${prefix}chunks`);
    expect(rows).toEqual([{ count: 0 }]);
  });

  it.each([
    ['the first one is missing', 'DELETE FROM $chunks WHERE part = 0'],
    ['the last one is missing', 'DELETE FROM $chunks WHERE part = 1'],
    ['one is cut', `UPDATE $chunks SET bytes = substring(bytes from 2) WHERE part = 0`],
    ['they are swapped', 'UPDATE $chunks SET part = 5 - part; UPDATE $chunks SET part = part - 4'],
    ['a bit differs', `UPDATE $chunks SET bytes = set_bit(bytes, 77, 1 - get_bit(bytes, 77)) WHERE part = 1`],
  ])('never reach the end of a stream when %s', async (_what, change) => {
    await store.put(digest, bytesSource(bytes));
    const before = await found();
    await database.exec(change.replaceAll('$', prefix));
    for (const blob of [before, await found()]) {
      const read = blob.open().then(contentOf);
      await expect(read).rejects.toMatchObject({ name: 'IntegrityError' });
    }
  });

  it('are not more than the size says', async () => {
    await store.put(digest, bytesSource(bytes));
    await database.query(`UPDATE ${prefix}blobs SET size = size - 1`);
    const read = (await found()).open().then(contentOf);
    await expect(read).rejects.toMatchObject({ code: 'ERR_SIZE_MISMATCH' });
  });

  it('are said to be deleted to whoever reads them then', async () => {
    await store.put(digest, bytesSource(bytes));
    const reader = (await (await found()).open()).getReader();
    await store.delete(digest);
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND', digest });
  });

  it('are read on when the blob was deleted and put again', async () => {
    await store.put(digest, bytesSource(bytes));
    const blob = await found();
    await store.delete(digest);
    await store.put(digest, chunkedSource(bytes, [99_999]));
    expect(digestOf(await contentOf(await blob.open()))).toBe(digest);
  });
});

describe('a list of 2,500 blobs', () => {
  it('comes in pages', async () => {
    await database.query(
      `INSERT INTO ${prefix}blobs (id, digest, size)
       SELECT n::text, 'sha256:' || encode(sha256(n::text::bytea), 'hex'), n FROM generate_series(1, 2500) n`,
    );
    client.statements.length = 0;
    let count = 0;
    let sizes = 0;
    for await (const { size } of store.list()) {
      count += 1;
      sizes += size;
    }
    expect([count, sizes, client.statements.length]).toEqual([2500, 3_126_250, 3]);
  });

  it('says nothing of uploads', async () => {
    await (await begin()).append(bytesSource(bytes));
    const listed: unknown[] = [];
    for await (const blob of store.list()) listed.push(blob);
    expect(listed).toEqual([]);
  });
});

describe('an ingest', () => {
  it('is hashed again by who did not write all of it', async () => {
    const first = await begin();
    await first.append(bytesSource(bytes.subarray(0, 800_000)));
    const second = await begin(first.id, postgresBlobStore({ client, prefix }));
    expect(second.offset).toBe(800_000);
    await database.query(`UPDATE ${prefix}chunks SET bytes = set_byte(bytes, 9, 255 - get_byte(bytes, 9))`);
    await second.append(bytesSource(bytes.subarray(800_000)));
    await expect(second.commit(digest)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    expect(await store.stat(digest)).toBeUndefined();
  });

  it('belongs to who opened it last', async () => {
    const first = await begin();
    await first.append(bytesSource(bytes.subarray(0, 100)));
    const second = await begin(first.id, postgresBlobStore({ client, prefix }));
    const conflict = { code: 'ERR_CONFLICT', retryable: true };
    await expect(first.append(bytesSource(bytes))).rejects.toMatchObject(conflict);
    await expect(first.commit('sha256')).rejects.toMatchObject(conflict);
    await first.abort();
    await second.append(bytesSource(bytes.subarray(100)));
    expect(await second.commit(digest)).toEqual({ created: true, digest, size: bytes.length });
  });

  it('is the same one for who has it, and another one after somebody else had it', async () => {
    const first = await begin();
    expect(await begin(first.id)).toBe(first);
    await begin(first.id, postgresBlobStore({ client, prefix }));
    expect(await begin(first.id)).not.toBe(first);
  });

  it('refuses two calls at once', async () => {
    const ingest = await begin();
    const both = await Promise.allSettled([
      ingest.append(bytesSource(bytes)),
      ingest.append(bytesSource(bytes)),
      ingest.commit(digest),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'ERR_CONFLICT' } });
  });

  it('shuts out what was still on its way when a call failed', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes.subarray(0, 1000)));
    const inner = client.query.bind(client);
    let late: (() => Promise<unknown>) | undefined;
    client.query = (text, values) => {
      if (!text.includes('WITH held')) return inner(text, values);
      late = () => inner(text, values);
      return new Promise(() => undefined);
    };
    const controller = new AbortController();
    const append = ingest.append(bytesSource(bytes.subarray(1000)), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(append).rejects.toMatchObject({ name: 'AbortError' });
    client.query = inner;
    expect(ingest.offset).toBe(1000);
    await ingest.append(chunkedSource(bytes.subarray(1000), [70_000]));
    await late?.();
    expect(await ingest.commit(digest)).toMatchObject({ created: true });
    expect(digestOf(await contentOf(await (await found()).open()))).toBe(digest);
  });

  it('forgets what came behind its offset when a call failed', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes.subarray(0, 1000)));
    client.fault = always(/^WITH held/, { after: postgresError('53100') });
    await expect(ingest.append(bytesSource(bytes.subarray(1000)))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    client.fault = () => undefined;
    expect(ingest.offset).toBe(1000);
    expect(await ingest.commit('sha256')).toMatchObject({ digest: digestOf(bytes.subarray(0, 1000)), size: 1000 });
  });

  it('says how much is left when a server forgot rows', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes));
    await database.query(`DELETE FROM ${prefix}chunks WHERE part = 1`);
    await expect(ingest.commit(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', retryable: true });
    expect(ingest.offset).toBe(mebibyte);
    await ingest.append(bytesSource(bytes.subarray(mebibyte)));
    expect(await ingest.commit(digest)).toMatchObject({ created: true, size: bytes.length });
  });

  it('says so when rows are gone after a call that failed', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes.subarray(0, 1000)));
    client.fault = once(/^WITH held/, { before: postgresError('53100') });
    await expect(ingest.append(bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    await database.query(`DELETE FROM ${prefix}chunks`);
    await expect(ingest.append(bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    expect(ingest.offset).toBe(0);
    await ingest.append(bytesSource(bytes));
    expect(await ingest.commit('sha512')).toMatchObject({ created: true });
  });

  it('is not there any more when it was swept', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes.subarray(0, 1000)));
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 1, bytes: 1000 });
    await expect(ingest.append(bytesSource(bytes))).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    await expect(ingest.commit(digest)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });

  it('ends well when the answer to its commit is lost', async () => {
    const ingest = await begin();
    await ingest.append(bytesSource(bytes));
    client.fault = once(/^WITH found/, { after: gone });
    expect(await ingest.commit(digest)).toMatchObject({ created: true });
  });

  it('keeps what a source gave before it failed', async () => {
    const ingest = await begin();
    const failure = new Error('broken');
    await expect(ingest.append(failingSource(bytes.subarray(0, 3000), failure))).rejects.toBe(failure);
    expect(ingest.offset).toBe(3000);
    const other = await begin(ingest.id, postgresBlobStore({ client, prefix }));
    expect(other.offset).toBe(3000);
  });

  it('can be aborted while a source hangs', async () => {
    const ingest = await begin();
    const controller = new AbortController();
    const source = hangingSource(bytes.subarray(0, 10), () => controller.abort());
    await expect(ingest.append(source, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await ingest.abort();
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 0, bytes: 0 });
  });
});

describe('puts of the same blob at once', () => {
  it('make one blob, and leave nothing else', async () => {
    const puts = Array.from({ length: 4 }, () => store.put(digest, chunkedSource(bytes, [300_000])));
    const created = (await Promise.all(puts)).filter((answer) => answer.created);
    expect(created).toHaveLength(1);
    const { rows } = await database.query(`SELECT count(*)::int AS count FROM ${prefix}blobs`);
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('find the blob that came meanwhile, and try again where both came at once', async () => {
    client.fault = once(/^WITH found/, { before: postgresError('23505') });
    expect(await store.put(digest, chunkedSource(bytes, [300_000]))).toEqual({ created: true });
  });
});

describe('a blob that is too large to be removed at once', () => {
  it('is gone at once, and its rows bit by bit', async () => {
    await store.put(digest, bytesSource(bytes));
    await database.query(`UPDATE ${prefix}blobs SET size = 300000000`);
    await database.query(`INSERT INTO ${prefix}chunks SELECT id, n, '' FROM ${prefix}blobs, generate_series(2, 299) n`);
    const reader = (await found()).open();
    client.statements.length = 0;
    expect(await store.delete(digest)).toBe(true);
    expect(await store.stat(digest)).toBeUndefined();
    await expect(reader.then(contentOf)).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    expect(client.statements.filter((text) => text.startsWith('DELETE'))).toHaveLength(4);
    const { rows } = await database.query(`SELECT id FROM ${prefix}blobs UNION ALL SELECT upload FROM ${prefix}chunks`);
    expect(rows).toEqual([]);
  });

  it('is swept when its removal did not come to its end', async () => {
    await store.put(digest, bytesSource(bytes));
    await database.query(`UPDATE ${prefix}blobs SET size = 300000000`);
    client.fault = always(/^DELETE/, { before: postgresError('42501') });
    await expect(store.delete(digest)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
    client.fault = () => undefined;
    expect(await store.stat(digest)).toBeUndefined();
    expect(await store.put(digest, bytesSource(bytes))).toEqual({ created: true });
    expect(await store.sweepAbandoned({ olderThanSeconds: 0 })).toEqual({ uploads: 1, bytes: bytes.length });
    expect(digestOf(await contentOf(await (await found()).open()))).toBe(digest);
  });
});
