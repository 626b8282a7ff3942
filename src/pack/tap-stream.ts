/** What looks at a stream while it flows. */
export interface StreamTap {
  /** Takes a chunk, and gives what flows on: the chunk, a part of it, or nothing. What it throws ends the stream. */
  chunk(chunk: Uint8Array): Uint8Array | undefined;
  /** Throws where the stream must not end like this. */
  end?(): void;
  /** Turns what went wrong before the consumer into the error that it sees. */
  fail?(error: unknown): unknown;
}

/**
 * The stream with something that looks at it. Nothing is read ahead, and cancelling it cancels the stream, also before
 * the first chunk: an async generator that was never started would leave the stream open.
 */
export function tapStream(stream: ReadableStream<Uint8Array>, tap: StreamTap): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) {
              tap.end?.();
              controller.close();
              return;
            }
            const passed = tap.chunk(value);
            if (passed === undefined || passed.length === 0) continue;
            controller.enqueue(passed);
            return;
          }
        } catch (error) {
          await reader.cancel(error).catch(() => undefined);
          throw tap.fail === undefined ? error : tap.fail(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
