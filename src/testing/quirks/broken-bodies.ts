/** What a fetch fails with when the connection is gone. */
export function connectionError(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  return new TypeError('terminated', { cause });
}

/** The first bytes of a stream, and then what is done in place of the rest. */
function halted(
  body: ReadableStream<Uint8Array>,
  keep: number,
  halt: (controller: TransformStreamDefaultController<Uint8Array>) => void | Promise<void>,
): ReadableStream<Uint8Array> {
  let left = keep;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        if (left > 0) controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) await halt(controller);
      },
      flush: (controller) => (left > 0 || keep === 0 ? halt(controller) : undefined),
    }),
  );
}

/** A body that breaks off. */
export function cutBody(body: ReadableStream<Uint8Array>, keep: number): ReadableStream<Uint8Array> {
  return halted(body, keep, (controller) => {
    // What was given must be taken first: an error throws away what nobody has read.
    return new Promise((resolve) => {
      setTimeout(() => {
        controller.error(connectionError());
        resolve();
      }, 1);
    });
  });
}

/** A body that ends early as if that were all. */
export function shortBody(body: ReadableStream<Uint8Array>, keep: number): ReadableStream<Uint8Array> {
  return halted(body, keep, (controller) => controller.terminate());
}

/** A body that gives nothing more after its first bytes, until whoever asked gives up. */
export function stalledBody(
  body: ReadableStream<Uint8Array>,
  keep: number,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  return halted(body, keep, (controller) => {
    return untilAborted(signal).then(() => controller.error(signal.reason));
  });
}

/** A body with one bit that is wrong. */
export function flippedBody(body: ReadableStream<Uint8Array>, at: number): ReadableStream<Uint8Array> {
  let position = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const index = at - position;
        position += chunk.length;
        const copy = new Uint8Array(chunk);
        if (index >= 0 && index < copy.length) copy[index] = (copy[index] ?? 0) ^ 1;
        controller.enqueue(copy);
      },
    }),
  );
}

/** A body that never ends: what it begins with, and then the same piece over and over. */
export function endlessBody(head: string, piece: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const repeated = encoder.encode(piece.repeat(Math.ceil(65_536 / piece.length)));
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encoder.encode(head)),
      async pull(controller) {
        // Lets clocks go on: who reads without end would otherwise never be told that its time is over.
        await new Promise((resolve) => setTimeout(resolve, 0));
        controller.enqueue(repeated.slice());
      },
    },
    { highWaterMark: 0 },
  );
}

/** Waits until a request is given up. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
