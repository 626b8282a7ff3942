import { UsageError } from '../errors.ts';

/** A range of bytes, `start` included and `end` not, and a signal that ends the reading. */
export interface OpenOptions {
  /** First byte to read; 0 by default. */
  readonly start?: number | undefined;
  /** The byte after the last one to read; the end by default. */
  readonly end?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes that a caller hands in, re-openable: a retry, a redirect or a second reader opens them again.
 * A raw stream is never passed to a port.
 */
export interface ByteSource {
  /** Length in bytes, where it is known before reading. */
  readonly size?: number | undefined;
  /** The whole content, where it is in memory already: read it, never write to it. Small content travels faster so. */
  readonly bytes?: Uint8Array | undefined;
  /** A new stream over the bytes, from the start or over a range. */
  open(options?: OpenOptions): Promise<ReadableStream<Uint8Array>>;
  /** A Blob of the content, where the platform has one without reading it. */
  blob?(): Promise<Blob>;
}

/** Bytes in memory as a {@link ByteSource}. They are copied, so that a later write by the caller changes nothing. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const own = new Uint8Array(bytes);
  return {
    size: own.length,
    bytes: own,
    open: (options) => opened(options, () => streamOf(own.subarray(...rangeOf(options, own.length)))),
    blob: () => Promise.resolve(new Blob([own])),
  };
}

/** A Blob or File as a {@link ByteSource}; nothing is read before it is opened. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    open: (options) => opened(options, () => blob.slice(...rangeOf(options, blob.size)).stream()),
    blob: () => Promise.resolve(blob),
  };
}

/**
 * Whatever a factory opens, as a {@link ByteSource}. The factory is called once for every reader and must give the
 * same bytes each time; ranges are cut out of the whole stream.
 */
export function streamSource(
  factory: (signal?: AbortSignal) => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>,
  options: { readonly size?: number } = {},
): ByteSource {
  const { size } = options;
  return {
    ...(size === undefined ? {} : { size }),
    open: async ({ start = 0, end, signal } = {}) => {
      signal?.throwIfAborted();
      checkRange(start, end);
      const whole = await factory(signal);
      return start === 0 && end === undefined ? whole : whole.pipeThrough(cut(start, end ?? Infinity));
    },
  };
}

/** A stream of one chunk, or of none when there are no bytes. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** What a function gives, as a promise that rejects where the function throws. */
function opened<T>(options: OpenOptions | undefined, open: () => T): Promise<T> {
  return new Promise((resolve) => {
    options?.signal?.throwIfAborted();
    resolve(open());
  });
}

function rangeOf(options: OpenOptions | undefined, size: number): [number, number] {
  const { start = 0, end } = options ?? {};
  checkRange(start, end);
  return [Math.min(start, size), Math.min(end ?? size, size)];
}

function checkRange(start: number, end: number = Infinity): void {
  const whole = Number.isSafeInteger(start) && (Number.isSafeInteger(end) || end === Infinity);
  if (whole && start >= 0 && end >= start) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `range ${String(start)} to ${String(end)} is not a range of bytes`, {
    argument: 'start',
  });
}

function cut(start: number, end: number): TransformStream<Uint8Array, Uint8Array> {
  let position = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const from = Math.max(0, start - position);
      const to = Math.min(chunk.length, end - position);
      position += chunk.length;
      if (from < to) controller.enqueue(chunk.subarray(from, to));
      if (position >= end) controller.terminate();
    },
  });
}
