import { bytesSource, streamSource, type ByteSource } from '../bytes/source.ts';
import { readAll, streamFrom } from '../bytes/stream.ts';

/** Bytes that are the same in each run, and do not repeat soon. */
export function someBytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < size; index++) {
    // xorshift32 (Marsaglia): enough to tell one blob from another.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** Bytes as a source that gives them in chunks of odd sizes, and does not hand out the whole. */
export function chunkedSource(bytes: Uint8Array, sizes: readonly number[] = [1, 7, 4093, 65_536, 13]): ByteSource {
  return streamSource(() => streamFrom(chunksOf(bytes, sizes)), { size: bytes.length });
}

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + (sizes[turn % sizes.length] ?? 1);
    yield bytes.slice(start, end);
    start = end;
  }
}

/** A source that gives some bytes, and then fails. */
export function failingSource(bytes: Uint8Array, error: unknown, size?: number): ByteSource {
  return streamSource(() => streamFrom(failingAfter(bytes, error)), size === undefined ? {} : { size });
}

async function* failingAfter(bytes: Uint8Array, error: unknown): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw error;
}

/** A source that gives some bytes, calls back, and then never gives more. */
export function hangingSource(bytes: Uint8Array, onHang: () => void): ByteSource {
  return streamSource(() => {
    let given = false;
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (given) {
            onHang();
            return new Promise<void>(() => undefined);
          }
          given = true;
          controller.enqueue(bytes);
          return undefined;
        },
      },
      { highWaterMark: 0 },
    );
  });
}

/** Bytes as a source, and how often it was opened. */
export function countedSource(bytes: Uint8Array): { readonly source: ByteSource; readonly opened: () => number } {
  let opened = 0;
  const inner = chunkedSource(bytes);
  return {
    opened: () => opened,
    source: {
      ...inner,
      open: (options) => {
        opened++;
        return inner.open(options);
      },
    },
  };
}

/** Everything in a stream, up to 64 MiB. */
export function contentOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return readAll(stream, { limit: 64 * 1024 * 1024 });
}

export { bytesSource };
