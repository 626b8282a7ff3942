import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamOf } from '../../src/bytes/source.ts';
import { chunksOf, concatBytes, readAll, streamFrom } from '../../src/bytes/stream.ts';

const reason = new Error('enough');

/** A stream that gives the chunks, and then waits for ever; it notes why it was cancelled. */
function endless(...chunks: Uint8Array[]): { stream: ReadableStream<Uint8Array>; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    cancel(why) {
      cancelled.push(why);
    },
  });
  return { stream, cancelled };
}

const one = new Uint8Array([1]);

async function collect(stream: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(stream, { signal })) chunks.push(chunk);
  return chunks;
}

describe('chunksOf', () => {
  it('gives every chunk but the empty ones, and lets go of the stream', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of [one, new Uint8Array(), new Uint8Array([2, 3])]) controller.enqueue(chunk);
        controller.close();
      },
    });
    expect(await collect(stream)).toEqual([one, new Uint8Array([2, 3])]);
    expect(stream.locked).toBe(false);
  });

  it('cancels the stream when the caller stops early', async () => {
    const { stream, cancelled } = endless(one, one);
    for await (const chunk of chunksOf(stream)) {
      expect(chunk).toEqual(one);
      break;
    }
    expect(cancelled.length).toBe(1);
    expect(stream.locked).toBe(false);
  });

  it('cancels the stream when the caller throws', async () => {
    const { stream, cancelled } = endless(one);
    const read = async (): Promise<void> => {
      for await (const chunk of chunksOf(stream)) throw new Error(String(chunk.length));
    };
    await expect(read()).rejects.toThrow('1');
    expect(cancelled.length).toBe(1);
  });

  it('rejects with the reason of the signal while it waits for a chunk, and cancels the stream', async () => {
    const { stream, cancelled } = endless(one);
    const abort = new AbortController();
    const read = collect(stream, abort.signal);
    setTimeout(() => {
      abort.abort(reason);
    }, 5);
    await expect(read).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
    expect(stream.locked).toBe(false);
  });

  it('rejects when the signal fires between two chunks', async () => {
    const { stream, cancelled } = endless(one, one, one);
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const chunk of chunksOf(stream, { signal: abort.signal })) abort.abort(chunk.length === 1 && reason);
    };
    await expect(read()).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
  });

  it('reads nothing when the signal has fired before', async () => {
    const { stream, cancelled } = endless(one);
    await expect(collect(stream, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
  });

  it('rejects with the error of the stream', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull() {
        throw reason;
      },
    });
    await expect(collect(stream)).rejects.toBe(reason);
    expect(stream.locked).toBe(false);
  });

  it('rejects with the reason of the signal where the stream fails by it with an error of its own', async () => {
    const abort = new AbortController();
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('aborted'));
        abort.abort(reason);
      },
    });
    await expect(collect(stream, abort.signal)).rejects.toBe(reason);
  });

  it('rejects with the reason even when the stream cannot be cancelled', async () => {
    const stream = new ReadableStream<Uint8Array>({
      cancel() {
        throw new Error('cannot');
      },
    });
    const abort = new AbortController();
    const read = collect(stream, abort.signal);
    abort.abort(reason);
    await expect(read).rejects.toBe(reason);
  });
});

describe('readAll', () => {
  it('joins the chunks, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
        const whole = concatBytes(chunks);
        const stream = streamFrom(iterate(chunks));
        expect(await readAll(stream, { limit: whole.length })).toEqual(whole);
      }),
    );
  });

  it('reads up to its limit, and cancels the stream at one byte more', async () => {
    expect(await readAll(streamOf(new Uint8Array(3)), { limit: 3 })).toEqual(new Uint8Array(3));
    const { stream, cancelled } = endless(one, one, one);
    await expect(readAll(stream, { limit: 2 })).rejects.toMatchObject({
      name: 'FormatError',
      code: 'ERR_LIMIT_EXCEEDED',
      details: { limit: 2 },
    });
    expect(cancelled.length).toBe(1);
  });

  it('rejects with the reason of its signal', async () => {
    const read = readAll(streamOf(one), { limit: 9, signal: AbortSignal.abort(reason) });
    await expect(read).rejects.toBe(reason);
  });
});

async function* iterate(chunks: readonly Uint8Array[], log: string[] = []): AsyncGenerator<Uint8Array> {
  try {
    for (const chunk of chunks) {
      log.push('chunk');
      yield chunk;
    }
  } finally {
    log.push('end');
  }
}

describe('streamFrom', () => {
  it('pulls one chunk at a time, and none before it is asked', async () => {
    const log: string[] = [];
    const reader = streamFrom(iterate([one, one, one], log)).getReader();
    expect(log).toEqual([]);
    await reader.read();
    expect(log).toEqual(['chunk']);
    await reader.cancel();
    expect(log).toEqual(['chunk', 'end']);
  });

  it('closes at the end of the chunks', async () => {
    const log: string[] = [];
    expect(await collect(streamFrom(iterate([one], log)))).toEqual([one]);
    expect(log).toEqual(['chunk', 'end']);
  });

  it('fails with the error of the chunks', async () => {
    const failing: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(reason) }),
    };
    await expect(collect(streamFrom(failing))).rejects.toBe(reason);
  });

  it('can be cancelled where the iterator cannot be', async () => {
    const next = (): Promise<IteratorResult<Uint8Array>> => Promise.resolve({ done: false, value: one });
    await expect(streamFrom({ [Symbol.asyncIterator]: () => ({ next }) }).cancel()).resolves.toBeUndefined();
  });

  it('does not wait for a chunk that never comes when it is cancelled', async () => {
    const { stream } = endless();
    const reader = streamFrom(chunksOf(stream)).getReader();
    const read = reader.read();
    await new Promise((resolve) => setTimeout(resolve));
    await expect(reader.cancel(reason)).resolves.toBeUndefined();
    expect(await read).toEqual({ done: true, value: undefined });
  });

  it('tells the maker of the chunks that it is cancelled, so that what is waited for is given up', async () => {
    const { stream, cancelled } = endless();
    const reader = streamFrom((signal) => chunksOf(stream, { signal })).getReader();
    void reader.read();
    await new Promise((resolve) => setTimeout(resolve));
    await reader.cancel(reason);
    expect(cancelled).toEqual([reason]);
  });

  it('fails with the reason of the signal that it was given', async () => {
    const { stream, cancelled } = endless(one);
    const abort = new AbortController();
    const read = collect(streamFrom((signal) => chunksOf(stream, { signal }), abort.signal));
    setTimeout(() => {
      abort.abort(reason);
    }, 5);
    await expect(read).rejects.toBe(reason);
    expect(cancelled).toEqual([reason]);
  });
});
