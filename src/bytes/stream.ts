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

/** An async iterable as a stream that pulls one chunk at a time; cancelling it ends the iterator. */
export function streamFrom(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel(reason) {
        await iterator.return?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
