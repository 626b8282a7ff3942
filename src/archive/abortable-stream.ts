/**
 * The chunks of a generator as a stream that pulls one at a time. Cancelling it aborts the signal that the generator
 * got, so that it ends even where it waits for bytes that never come.
 */
export function abortableStream(
  start: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>,
  outer: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const own = new AbortController();
  const chunks = start(outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]));
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel(reason) {
        own.abort(reason);
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
