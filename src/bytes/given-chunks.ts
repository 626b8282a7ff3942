import type { ByteSource } from './source.ts';

// A large blob is as many arrays as it has chunks, and the collector lets them pile up to a hundred MiB and stops the
// program to find them. Where it is known that nobody has a chunk any more, its memory is given back at once.

/** Memory of chunks that only their reader has: whoever made them has kept nothing of it. */
const fresh = new WeakSet<ArrayBufferLike>();
/** Fresh memory that its reader has given away. */
const given = new WeakSet<ArrayBufferLike>();
const handedOver = new WeakSet<ByteSource>();

/** Marks a chunk that was made for its reader, and whose memory is nothing else's. */
export function markFresh<T extends Uint8Array>(chunk: T): T {
  fresh.add(chunk.buffer);
  return chunk;
}

/** Marks a source whose streams have one reader only, whoever opens them: nobody else sees their chunks. */
export function handOver(source: ByteSource): ByteSource {
  handedOver.add(source);
  return source;
}

/** Marks a source that only passes on the streams of another one, where that one is marked. */
export function handOverLike(of: ByteSource, source: ByteSource): ByteSource {
  return handedOver.has(of) ? handOver(source) : source;
}

/** Says of a chunk of a source that whoever gets it now is the last to read it, where that is so. */
export function giveAway(chunk: Uint8Array, source: ByteSource): void {
  if (handedOver.has(source) && fresh.delete(chunk.buffer)) given.add(chunk.buffer);
}

/** Frees the memory of a chunk that was given away and has been read to its end. Of any other nothing happens. */
export function letGo(chunk: Uint8Array): void {
  const { buffer, byteOffset, byteLength } = chunk;
  if (byteOffset + byteLength < buffer.byteLength || !given.delete(buffer)) return;
  // Node 20 does not have it, and leaves everything to the collector.
  (buffer as Partial<ArrayBuffer>).transfer?.(0);
}
