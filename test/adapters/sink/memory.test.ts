import { describe, expect, it } from 'vitest';
import { memorySink, type MemorySinkOptions } from '../../../src/adapters/sink/memory.ts';
import { fileSinkContract } from '../../../src/testing/index.ts';
import { chunkedSource, someBytes } from '../../../src/testing/bytes.ts';

fileSinkContract(
  { describe, it },
  {
    name: 'memorySink',
    create: () => {
      const sink = memorySink();
      return Promise.resolve({ sink, read: () => Promise.resolve(sink.files()) });
    },
  },
);

describe('memorySink', () => {
  it('takes as many bytes as it may hold, and not one more', async () => {
    const tx = await memorySink({ maxBytes: 10 }).begin();
    await tx.file('a', someBytes(10));
    await expect(async () => tx.file('b', someBytes(1))).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
  });

  it('counts the bytes of a stream while they come', async () => {
    const tx = await memorySink({ maxBytes: 10_000 }).begin();
    const stream = await chunkedSource(someBytes(100_000)).open();
    await expect(tx.file('a', stream)).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    await expect(tx.commit()).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' });
  });

  it('takes as many entries as it may hold, folders included', async () => {
    const tx = await memorySink({ maxEntries: 2 }).begin();
    await tx.file('a/b', someBytes(1));
    expect(() => tx.directory('c')).toThrow(expect.objectContaining({ code: 'ERR_STORE_QUOTA' }));
  });

  it('does not commit after an abort', async () => {
    const controller = new AbortController();
    const sink = memorySink();
    const tx = await sink.begin({ signal: controller.signal });
    await tx.file('a', someBytes(1));
    controller.abort(new Error('enough'));
    await expect(tx.commit()).rejects.toThrow('enough');
    expect(sink.files().size).toBe(0);
  });

  it('refuses an option that it does not know', () => {
    expect(() => memorySink({ limit: 1 } as MemorySinkOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
