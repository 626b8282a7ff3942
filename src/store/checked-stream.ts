import { streamOf } from '../bytes/source.ts';
import { chunksOf, readAll, streamFrom } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import { contentCheck } from '../digest/verify-stream.ts';
import type { StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { isCorrupt } from './blob-problem.ts';

/** A blob up to this size is held in memory while it is checked; 4 MiB. */
const heldBytes = 4 * 1024 * 1024;

/**
 * The bytes of a blob after all of them were checked: what this returns has been read to its end once. A larger blob is
 * read twice, and checked again the second time.
 *
 * @throws IntegrityError for other bytes, StoreError where they cannot be read; before the first byte is handed out.
 */
export async function openChecked(blob: StoredBlob, options: OperationOptions): Promise<ReadableStream<Uint8Array>> {
  const stream = await blob.open(options);
  if (blob.size <= heldBytes) return streamOf(await readAll(stream, { limit: Infinity, signal: options.signal }));
  await stream.pipeTo(new WritableStream(), options.signal === undefined ? {} : { signal: options.signal });
  return blob.open(options);
}

/** Goes on with a stream that failed: gives the bytes from an offset on, from somewhere else, or throws. */
export type Continuation = (offset: number, error: unknown) => Promise<ReadableStream<Uint8Array>>;

/** What the bytes of a stream must be, and who is told when they are not, also where nothing can go on. */
export interface ContinuedContent {
  readonly digest: Digest;
  readonly size: number;
  readonly onWrong?: (() => Promise<void>) | undefined;
}

/**
 * A stream that goes on elsewhere when it fails. The bytes of all that it is made of are checked together: whatever
 * happened on the way, its end is never reached unless they are those of the digest.
 */
export function continued(
  first: ReadableStream<Uint8Array>,
  expected: ContinuedContent,
  options: OperationOptions,
  next: Continuation,
): ReadableStream<Uint8Array> {
  return streamFrom(async function* (signal: AbortSignal) {
    try {
      yield* joined(first, expected, signal, next);
    } catch (error) {
      if (isCorrupt(error)) await expected.onWrong?.();
      throw error;
    }
  }, options.signal);
}

async function* joined(
  first: ReadableStream<Uint8Array>,
  expected: ContinuedContent,
  signal: AbortSignal,
  next: Continuation,
): AsyncGenerator<Uint8Array> {
  const check = contentCheck(expected);
  let offset = 0;
  let stream = first;
  while (offset < expected.size) {
    const failure: { error?: unknown } = {};
    for await (const chunk of untilFailure(stream, signal, failure)) {
      check.update(chunk);
      offset += chunk.length;
      yield chunk;
    }
    signal.throwIfAborted();
    if (!('error' in failure) || offset === expected.size) break;
    stream = await next(offset, failure.error);
  }
  check.end();
}

/**
 * The chunks of a stream, each when the next one has come, and the last when the stream has ended: of a blob of one
 * chunk nobody sees bytes that were not checked.
 */
export async function* oneBehind(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of chunksOf(stream)) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}

/** The chunks of a stream, and an end where it fails. What the reader of the chunks throws is not a failure of the stream. */
async function* untilFailure(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  failure: { error?: unknown },
): AsyncGenerator<Uint8Array> {
  const chunks = chunksOf(stream, { signal });
  try {
    for (;;) {
      const chunk = await chunks.next().catch((error: unknown) => void (failure.error = error));
      if (chunk === undefined || chunk.done === true) return;
      yield chunk.value;
    }
  } finally {
    await chunks.return();
  }
}

/** A stream that gives nothing but an error. */
export function failing(error: unknown): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.error(error);
    },
  });
}
