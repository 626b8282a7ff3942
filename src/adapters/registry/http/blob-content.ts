import { giveAway } from '../../../bytes/given-chunks.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf, concatBytes, streamFrom } from '../../../bytes/stream.ts';
import { contentCheck, verifyBytes } from '../../../digest/verify-stream.ts';
import { IntegrityError } from '../../../errors.ts';
import { streamsBodies } from '../../../http/upload-abilities.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';

/** Content of at most so many bytes is sent from memory. */
export const smallBytes: number = 1 << 20;

/** What is sent: every byte of it is checked before the last one leaves. */
export interface BlobContent {
  readonly size: number;
  /** Makes bodies of everything from an offset on; undefined where the platform cannot send so much at once. */
  whole(offset: number): (() => BodyInit) | undefined;
  /** The bytes from an offset on, to be taken part by part. */
  feed(offset: number): Feed;
  /** What went wrong where the bytes come from, rather than where they go. */
  failure(): { readonly error: unknown } | undefined;
}

/** Bytes in order, as many at once as are asked for. */
export interface Feed {
  /** The next bytes: as many as asked for, or what is left. */
  take(count: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * The content of a source, checked against its descriptor.
 *
 * @throws IntegrityError where small content, or the size that the source gives, is wrong.
 */
export async function blobContent(
  descriptor: Descriptor,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<BlobContent> {
  checkSize(descriptor, source);
  if (source.bytes !== undefined) return bytesContent(verifyBytes(source.bytes, descriptor));
  if (descriptor.size <= smallBytes) return bytesContent(await readSmall(descriptor, source, signal));
  if (streamsBodies() || source.blob === undefined) return streamedContent(descriptor, source, signal);
  const content = streamedContent(descriptor, source, signal);
  const blob = await source.blob();
  // Nothing comes behind the end: this only checks.
  await checkedChunks(descriptor, source, descriptor.size, signal).next();
  return { ...content, whole: (offset) => () => blob.slice(offset) };
}

/** The bytes from an offset on, where they must go at once and cannot as a stream: browsers keep large Blobs on disk. */
export async function gatherBlob(content: BlobContent, offset: number): Promise<Blob> {
  const feed = content.feed(offset);
  const parts: Blob[] = [];
  try {
    for (let at = offset; at < content.size; at += smallBytes) parts.push(new Blob([await feed.take(smallBytes)]));
  } finally {
    await feed.close();
  }
  return new Blob(parts);
}

function checkSize({ digest, size }: Descriptor, source: ByteSource): void {
  if (source.size === undefined || source.size === size) return;
  throw new IntegrityError('ERR_SIZE_MISMATCH', `blob ${digest} has ${source.size} bytes, expected ${size}`, {
    expected: String(size),
    actual: String(source.size),
  });
}

/** Small content, read and checked at once. */
async function readSmall(
  descriptor: Descriptor,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let seen = 0;
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
    parts.push(chunk);
    seen += chunk.length;
    if (seen > descriptor.size) break;
  }
  const [first = new Uint8Array()] = parts;
  const bytes = parts.length < 2 ? first : concatBytes(parts, seen);
  const check = contentCheck(descriptor);
  check.update(bytes);
  check.end();
  return bytes;
}

function bytesContent(bytes: Uint8Array): BlobContent {
  return {
    size: bytes.length,
    whole: (offset) => () => bytes.subarray(offset) as Uint8Array<ArrayBuffer>,
    feed: (offset) => {
      let position = offset;
      return {
        take: async (count) => {
          const part = bytes.subarray(position, position + count) as Uint8Array<ArrayBuffer>;
          position += part.length;
          return Promise.resolve(part);
        },
        close: () => Promise.resolve(),
      };
    },
    failure: () => undefined,
  };
}

function streamedContent(descriptor: Descriptor, source: ByteSource, signal: AbortSignal | undefined): BlobContent {
  let failure: { readonly error: unknown } | undefined;
  const chunksFrom = async function* (offset: number, cancelled?: AbortSignal): AsyncGenerator<Uint8Array> {
    const either =
      cancelled === undefined || signal === undefined ? (cancelled ?? signal) : AbortSignal.any([cancelled, signal]);
    try {
      yield* checkedChunks(descriptor, source, offset, either);
    } catch (error) {
      if (either?.aborted !== true) failure = { error };
      throw error;
    }
  };
  return {
    size: descriptor.size,
    whole: (offset) =>
      streamsBodies() ? () => streamFrom((cancelled) => chunksFrom(offset, cancelled)) as BodyInit : undefined,
    feed: (offset) => feedOf(chunksFrom(offset)),
    failure: () => failure,
  };
}

/**
 * The chunks of a source from an offset on. What comes before is read and hashed, too, and the last chunk is held back
 * until everything is known to be right: a registry never gets all bytes of wrong content.
 */
async function* checkedChunks(
  descriptor: Descriptor,
  source: ByteSource,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const check = contentCheck(descriptor);
  let seen = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
    check.update(chunk);
    giveAway(chunk, source);
    if (held !== undefined) yield held;
    const known = Math.min(chunk.length, Math.max(0, offset - seen));
    held = known < chunk.length ? chunk.subarray(known) : undefined;
    seen += chunk.length;
  }
  check.end();
  if (held !== undefined) yield held;
}

function feedOf(chunks: AsyncGenerator<Uint8Array>): Feed {
  let rest: Uint8Array = new Uint8Array();
  return {
    async take(count) {
      const parts: Uint8Array[] = [];
      let missing = count;
      while (missing > 0) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done === true) break;
          rest = next.value;
        }
        const part = rest.subarray(0, missing);
        rest = rest.subarray(part.length);
        missing -= part.length;
        parts.push(part);
      }
      return concatBytes(parts, count - missing);
    },
    async close() {
      await chunks.return(undefined);
    },
  };
}
