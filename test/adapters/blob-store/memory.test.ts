import { describe, expect, it } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { blobStoreContract, recordStoreContract } from '../../../src/testing/index.ts';

blobStoreContract({ describe, it }, { name: 'memory', create: () => Promise.resolve({ store: memoryBlobStore() }) });
recordStoreContract(
  { describe, it },
  { name: 'memory', create: () => Promise.resolve({ store: memoryRecordStore() }) },
);

const hundred = new Uint8Array(100);
const other = new Uint8Array(60).fill(1);

describe('memoryBlobStore', () => {
  it('refuses what goes beyond maxBytes, and takes it when there is room again', async () => {
    const store = memoryBlobStore({ maxBytes: 150 });
    await store.put(digestOf(hundred), bytesSource(hundred));
    await expect(store.put(digestOf(other), bytesSource(other))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    await store.put(digestOf(hundred), bytesSource(hundred));
    await store.delete(digestOf(hundred));
    await store.put(digestOf(other), bytesSource(other));
    expect(await store.stat(digestOf(other))).toMatchObject({ size: 60 });
  });

  it('takes exactly maxBytes', async () => {
    const store = memoryBlobStore({ maxBytes: 160 });
    await store.put(digestOf(hundred), bytesSource(hundred));
    await store.put(digestOf(other), bytesSource(other));
    await expect(store.put(digestOf(utf8('x')), bytesSource(utf8('x')))).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
    });
  });

  it('gives the room of refused bytes back', async () => {
    const store = memoryBlobStore({ maxBytes: 100 });
    for (let round = 0; round < 3; round++) {
      await expect(store.put(digestOf(other), bytesSource(hundred))).rejects.toMatchObject({
        code: 'ERR_DIGEST_MISMATCH',
      });
    }
    expect(await store.put(digestOf(hundred), bytesSource(hundred))).toEqual({ created: true });
  });

  it('counts what an ingest holds until it is aborted', async () => {
    const store = memoryBlobStore({ maxBytes: 100 });
    const ingest = await store.ingest?.();
    await ingest?.append(bytesSource(other));
    await expect(store.put(digestOf(hundred), bytesSource(hundred))).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
    });
    await ingest?.abort();
    expect(await store.put(digestOf(hundred), bytesSource(hundred))).toEqual({ created: true });
  });

  it('counts the same bytes once', async () => {
    const store = memoryBlobStore({ maxBytes: 120 });
    for (let round = 0; round < 3; round++) {
      const ingest = await store.ingest?.();
      await ingest?.append(bytesSource(other));
      await ingest?.commit('sha256');
    }
    expect(await store.put(digestOf(other), bytesSource(other))).toEqual({ created: false });
  });

  it('refuses options that are wrong or unknown', () => {
    expect(() => memoryBlobStore({ maxBytes: -1 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    expect(() => memoryBlobStore({ maxByte: 1 } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'maxByte' }),
    );
  });
});

describe('memoryRecordStore', () => {
  it('counts keys and values, and gives room back', async () => {
    const store = memoryRecordStore({ maxBytes: 101 });
    const answer = await store.put('a', hundred, { ifVersion: null });
    await expect(store.put('b', utf8(''), { ifVersion: null })).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    if (answer === 'conflict') throw new Error('conflict');
    await expect(store.put('a', new Uint8Array(101), answerOf(answer))).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
    });
    await store.put('a', utf8('1'), answerOf(answer));
    expect(await store.put('b', utf8('2'), { ifVersion: null })).toMatchObject({
      version: expect.any(String) as string,
    });
  });
});

function answerOf({ version }: { version: string }): { ifVersion: string } {
  return { ifVersion: version };
}
