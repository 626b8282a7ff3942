import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PGlite } from '@electric-sql/pglite';
import {
  postgresBlobStore,
  type PostgresBlobStore,
  type PostgresTransaction,
} from '../../../../src/adapters/blob-store/postgres.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { chunkedSource, contentOf, failingSource, hangingSource, someBytes } from '../../../../src/testing/bytes.ts';
import { faultyClient, postgresError } from './faulty-client.ts';
import { newPrefix, pglite } from './pglite.ts';

vi.setConfig({ testTimeout: 60_000 });
const bytes = someBytes(1024 * 1024 + 10);
const digest = digestOf(bytes);
const source = chunkedSource(bytes, [400_000]);

describe('a put in one transaction', () => {
  let client: PGlite;
  let prefix: string;
  let transactions: number;
  let inside: PostgresTransaction;
  let store: PostgresBlobStore;
  beforeAll(async () => {
    client = await pglite();
  });
  beforeEach(() => {
    prefix = newPrefix();
    transactions = 0;
    inside = (run) => client.transaction(run);
    const transaction: PostgresTransaction = (run) => {
      transactions += 1;
      return inside(run);
    };
    store = postgresBlobStore({ client, prefix, transaction });
  });

  async function rowsLeft(): Promise<unknown> {
    return (await client.query(`SELECT count(*)::int AS count FROM ${prefix}blobs`)).rows[0];
  }

  it('stores a large blob, and is not needed for a small one', async () => {
    await store.put(digestOf(bytes.subarray(0, 10)), bytesSource(bytes.subarray(0, 10)));
    expect(transactions).toBe(0);
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect(transactions).toBe(1);
    const blob = await store.get(digest);
    expect(blob && digestOf(await contentOf(await blob.open()))).toBe(digest);
    expect(await store.put(digest, source)).toEqual({ created: false });
    expect(transactions).toBe(1);
  });

  it('leaves nothing when it fails, also without a sweep', async () => {
    const failure = new Error('broken');
    const half = failingSource(bytes.subarray(0, bytes.length - 1), failure);
    await expect(store.put(digest, half)).rejects.toBe(failure);
    await expect(store.put(digest, chunkedSource(someBytes(bytes.length, 2)))).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
    expect(await rowsLeft()).toEqual({ count: 0 });
  });

  it('ends with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const hanging = hangingSource(bytes, () => controller.abort(reason));
    await expect(store.put(digest, hanging, { signal: controller.signal })).rejects.toBe(reason);
    expect(await rowsLeft()).toEqual({ count: 0 });
  });

  it('is known when the answer to its end is lost', async () => {
    inside = async (run) => {
      inside = (next) => client.transaction(next);
      await client.transaction(run);
      throw postgresError('57P01');
    };
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect(transactions).toBe(1);
  });

  it('is tried again when it did not come to its end', async () => {
    inside = (run) => {
      inside = (next) => client.transaction(next);
      return client.transaction(async (tx) => {
        await run(tx);
        throw postgresError('40001');
      });
    };
    expect(await store.put(digest, source)).toEqual({ created: true });
    expect(transactions).toBe(2);
  });

  it('gives way to another one that made the blob first', async () => {
    const other = postgresBlobStore({ client, prefix });
    inside = async (run) => {
      inside = (next) => client.transaction(next);
      await other.put(digest, source);
      const late = faultyClient(client);
      late.fault = (text) => (text.startsWith('WITH found') ? { before: postgresError('23505') } : undefined);
      return run(late);
    };
    expect(await store.put(digest, source)).toEqual({ created: false });
  });

  it('is not begun twice by whoever tries again by himself', async () => {
    inside = async (run) => {
      await client.transaction(run);
      return client.transaction(run);
    };
    await expect(store.put(digest, source)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'transaction',
    });
  });

  it('is a typed error when it cannot begin, or fails each time', async () => {
    inside = () => Promise.reject(postgresError('28P01'));
    await expect(store.put(digest, source)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', retryable: false });
    inside = () => Promise.reject(postgresError('40001'));
    await expect(store.put(digest, source)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE', retryable: true });
    expect(transactions).toBe(4);
  });
});
