import { checkOptions } from '../bytes/check-options.ts';
import { chunksOf, concatBytes, streamFrom } from '../bytes/stream.ts';
import { UsageError } from '../errors.ts';
import { gunzipStream } from './gunzip.ts';
import { readTarBatches, type ReadTarOptions, type TarMember } from './read-tar.ts';

/** Turns compressed bytes into those of a tar. Bounds on what comes out are its own. */
export type Decompressor = (stream: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/** What {@link readArchive} takes. */
export interface ReadArchiveOptions extends ReadTarOptions {
  /** Compressions besides gzip, which packwright brings no code for. */
  readonly decompressors?: { readonly [K in ForeignCompression]?: Decompressor | undefined } | undefined;
}

/** Compressions that are known by their first bytes, and need a decompressor of the caller's. */
export type ForeignCompression = 'zstd' | 'xz' | 'bzip2';

/**
 * Reads a tar, compressed or not: the first bytes tell. npm tarballs and layers are read with this.
 *
 * @throws FormatError as `readTar` and `gunzipStream` do.
 * @throws UsageError `ERR_UNSUPPORTED` for a compression without a decompressor.
 */
export async function* readArchive(
  stream: ReadableStream<Uint8Array>,
  options: ReadArchiveOptions = {},
): AsyncGenerator<TarMember, void, undefined> {
  for await (const batch of readArchiveBatches(stream, options)) yield* batch;
}

/** Reads like {@link readArchive}, in batches as `readTarBatches` gives them. */
export async function* readArchiveBatches(
  stream: ReadableStream<Uint8Array>,
  options: ReadArchiveOptions = {},
): AsyncGenerator<readonly TarMember[], void, undefined> {
  checkOptions('readArchive', options, ['limits', 'signal', 'decompressors']);
  const { limits, signal, decompressors = {} } = options;
  const { head, whole } = await peek(stream, signal);
  const compression = compressionOf(head);
  yield* readTarBatches(tarOf(whole, compression, { limits, decompressors }), { limits, signal });
}

function tarOf(
  stream: ReadableStream<Uint8Array>,
  compression: 'gzip' | ForeignCompression | undefined,
  options: Pick<ReadArchiveOptions, 'limits' | 'decompressors'>,
): ReadableStream<Uint8Array> {
  if (compression === undefined) return stream;
  if (compression === 'gzip') return stream.pipeThrough(gunzipStream({ limits: options.limits }));
  const decompress = options.decompressors?.[compression];
  if (decompress !== undefined) return decompress(stream);
  throw new UsageError('ERR_UNSUPPORTED', `archive is compressed with ${compression}, which needs a decompressor`, {
    hint: `pass decompressors.${compression}`,
    argument: 'decompressors',
  });
}

/** bzip2 needs ten bytes to be told from a tar whose first name starts with BZh. */
const magics: readonly (readonly ['gzip' | ForeignCompression, RegExp])[] = [
  ['gzip', /^\x1f\x8b/],
  ['zstd', /^\x28\xb5\x2f\xfd/],
  ['xz', /^\xfd7zXZ\0/],
  ['bzip2', /^BZh[1-9]1AY&SY/],
];
const headSize = 10;

function compressionOf(head: Uint8Array): 'gzip' | ForeignCompression | undefined {
  const text = String.fromCharCode(...head);
  return magics.find(([, magic]) => magic.test(text))?.[0];
}

/** The first bytes, and a stream of all of them. */
async function peek(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<{ head: Uint8Array; whole: ReadableStream<Uint8Array> }> {
  const chunks = chunksOf(stream, { signal });
  let start: Uint8Array = new Uint8Array(0);
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    start = start.length === 0 ? next.value : concatBytes([start, next.value]);
    if (start.length >= headSize) break;
  }
  return { head: start.subarray(0, headSize), whole: streamFrom(prepended(start, chunks)) };
}

async function* prepended(
  start: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (start.length > 0) yield start;
    yield* rest;
  } finally {
    await rest.return();
  }
}
