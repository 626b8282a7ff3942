import { checkOptions } from '../bytes/check-options.ts';
import { streamFrom } from '../bytes/stream.ts';
import { createHash, type Digest } from '../digest/index.ts';
import { createGzipper } from './gzip.ts';
import type { TarEntry } from './tar-entry.ts';
import { tarChunks, type WriteTarOptions } from './write-tar.ts';

/** What {@link buildLayer} takes. */
export interface LayerOptions extends WriteTarOptions {
  readonly compression: 'gzip' | 'none';
}

/** What a layer turned out to be. */
export interface LayerResult {
  /** Of the bytes of the stream. */
  readonly digest: Digest;
  /** Of the tar before compression. */
  readonly diffId: Digest;
  /** Bytes of the stream. */
  readonly size: number;
}

/** A layer while it is written. */
export interface LayerStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Settles with the stream: when it was read to its end, when it failed, when it was cancelled. */
  readonly result: Promise<LayerResult>;
}

/**
 * Writes a layer, and computes its digest and its diff id in the one pass that writes the bytes.
 *
 * @throws as `tarStream` does, as the error of the stream and of the result.
 */
export function buildLayer(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>, options: LayerOptions): LayerStream {
  checkOptions('buildLayer', options, ['compression', 'order', 'signal']);
  let stream: ReadableStream<Uint8Array> | undefined;
  const result = new Promise<LayerResult>((resolve, reject) => {
    stream = streamFrom((signal) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      return settling(layerChunks(entries, { ...options, signal }), resolve, reject);
    }, options.signal);
  });
  // Whoever reads the stream sees its error; the result need not be looked at.
  result.catch(() => undefined);
  return { stream: stream as ReadableStream<Uint8Array>, result };
}

type LayerChunks = AsyncGenerator<Uint8Array, LayerResult, undefined>;

/** Tells how it ended. */
async function* settling(
  chunks: LayerChunks,
  resolve: (result: LayerResult) => void,
  reject: (reason: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    resolve(yield* chunks);
  } catch (error) {
    reject(error);
    throw error;
  }
}

async function* layerChunks(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>, options: LayerOptions): LayerChunks {
  const { compression, ...writing } = options;
  const diff = createHash('sha256');
  const whole = createHash('sha256');
  const tar = tarChunks(entries, writing);
  let size = 0;
  for await (const chunk of compression === 'gzip' ? gzipped(tar, (bytes) => diff.update(bytes)) : tar) {
    whole.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const digest = whole.digest();
  return { digest, diffId: compression === 'gzip' ? diff.digest() : digest, size };
}

async function* gzipped(
  tar: AsyncIterable<Uint8Array>,
  onTar: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gzipper = createGzipper();
  for await (const chunk of tar) {
    onTar(chunk);
    yield* gzipper.push(chunk);
  }
  yield* gzipper.end();
}
