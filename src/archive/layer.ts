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
  const settle: { resolve: (result: LayerResult) => void; reject: (reason: unknown) => void }[] = [];
  const result = new Promise<LayerResult>((resolve, reject) => settle.push({ resolve, reject }));
  // Whoever reads the stream sees its error; the result need not be looked at.
  result.catch(() => undefined);
  const chunks = layerChunks(entries, options, (value) => settle[0]?.resolve(value));
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          settle[0]?.reject(error);
          throw error;
        }
      },
      async cancel(reason) {
        settle[0]?.reject(reason ?? new DOMException('the layer was cancelled', 'AbortError'));
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, result };
}

async function* layerChunks(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  options: LayerOptions,
  onEnd: (result: LayerResult) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const diff = createHash('sha256');
  const whole = createHash('sha256');
  let size = 0;
  for await (const chunk of options.compression === 'gzip'
    ? gzipped(entries, options, (c) => diff.update(c))
    : tarChunks(entries, options)) {
    whole.update(chunk);
    size += chunk.length;
    yield chunk;
  }
  const digest = whole.digest();
  onEnd({ digest, diffId: options.compression === 'gzip' ? diff.digest() : digest, size });
}

async function* gzipped(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
  options: LayerOptions,
  onTar: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const gzipper = createGzipper();
  for await (const chunk of tarChunks(entries, options)) {
    onTar(chunk);
    yield* gzipper.push(chunk);
  }
  yield* gzipper.end();
}
