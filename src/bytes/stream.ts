import { FormatError } from '../errors.ts';

/**
 * Reads a stream chunk by chunk, and cancels it when the caller stops early or throws.
 *
 * `ReadableStream` is not async iterable on every runtime, and no runtime lets a signal end the wait for a chunk.
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { signal } = options;
  const reader = stream.getReader();
  // A cancelled stream answers the pending read with "done"; the check below turns that into the reason.
  const onAbort = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) {
        ended = true;
        return;
      }
      if (value.length > 0) yield value as Uint8Array<ArrayBuffer>;
    }
  } catch (error) {
    // A stream that knows the signal fails with an error of its own.
    signal?.throwIfAborted();
    ended = true;
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (!ended) await reader.cancel(signal?.reason).catch(() => undefined);
    reader.releaseLock();
  }
}

/**
 * Reads a stream to its end into one array.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` as soon as more than `limit` bytes have come.
 */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  options: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(stream, options)) {
    size += chunk.length;
    if (size > options.limit) {
      throw new FormatError(
        'ERR_LIMIT_EXCEEDED',
        `content is larger than the limit of ${String(options.limit)} bytes`,
        {
          details: { limit: options.limit },
        },
      );
    }
    chunks.push(chunk);
  }
  return concatBytes(chunks, size);
}

/** The chunks as one array. */
export function concatBytes(chunks: readonly Uint8Array[], size: number = sizeOf(chunks)): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

/** What gives chunks: an iterable, or a function that makes one which ends when its signal fires. */
export type ChunkMaker = AsyncIterable<Uint8Array> | ((signal: AbortSignal) => AsyncIterable<Uint8Array>);

/**
 * Chunks as a stream that pulls one at a time. Cancelling it ends the iterator, and never waits for a chunk: a generator
 * that does is told by its signal, and one that knows no signal ends when its chunk comes.
 *
 * @param outer - Fires the signal of the function, too.
 */
export function streamFrom(chunks: ChunkMaker, outer?: AbortSignal): ReadableStream<Uint8Array> {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  const iterator = (typeof chunks === 'function' ? chunks(signal) : chunks)[Symbol.asyncIterator]();
  let pulling = false;
  return new ReadableStream(
    {
      async pull(controller) {
        pulling = true;
        const next = await iterator.next();
        pulling = false;
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel(reason) {
        own.abort(reason);
        const ended = iterator.return?.(reason).catch(() => undefined);
        if (!pulling) await ended;
      },
    },
    { highWaterMark: 0 },
  );
}
