import { Gzip } from 'fflate/browser';

/** fflate's output depends on how its input is cut, so the input is always cut like this. */
const chunkSize = 64 * 1024;

/** Compresses what is pushed in, step by step. */
export interface Gzipper {
  /** Takes content; gives the compressed bytes that are ready. Must be iterated to its end. */
  push(chunk: Uint8Array): Generator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** Ends the gzip; gives its last bytes. */
  end(): Generator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** The running form of {@link gzipStream}. */
export function createGzipper(): Gzipper {
  const gathered = new Uint8Array(chunkSize);
  let filled = 0;
  let ready: Uint8Array<ArrayBuffer>[] = [];
  const gzip = new Gzip({ mtime: 0 }, (bytes) => {
    if (bytes.length > 0) ready.push(bytes);
  });
  let started = false;
  function* compress(last: boolean): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    // Of no content at all, the changed state would make a window full of zeros.
    if (!started && filled > 0) startWithoutHistory(gzip);
    started = true;
    gzip.push(gathered.subarray(0, filled), last);
    filled = 0;
    const bytes = ready;
    ready = [];
    yield* bytes;
  }
  return {
    *push(chunk) {
      for (let offset = 0; offset < chunk.length;) {
        const piece = chunk.subarray(offset, offset + chunkSize - filled);
        gathered.set(piece, filled);
        filled += piece.length;
        offset += piece.length;
        if (filled === chunkSize) yield* compress(false);
      }
    },
    end: () => compress(true),
  };
}

/**
 * Lets fflate's compressor start at the beginning of its window.
 *
 * By default it starts behind 32 KiB of zeros that were never written, and may refer to them: about one input in seven
 * with runs of zeros, as every tar has them, becomes a gzip that no inflater takes ("invalid distance too far back",
 * fflate 0.8.3). The state is private; the version is pinned for it, and tests hold the output against zlib.
 */
function startWithoutHistory(gzip: Gzip): void {
  (gzip as unknown as { s: object }).s = { l: 0, i: 0, w: 0, z: 0 };
}

/**
 * Compresses to gzip: one member, no name, mtime 0, OS byte 3 (RFC 1952). The same content gives the same bytes on
 * every runtime, however its chunks are cut.
 */
export function gzipStream(): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  const gzipper = createGzipper();
  return new TransformStream({
    transform(chunk, controller) {
      for (const bytes of gzipper.push(chunk)) controller.enqueue(bytes);
    },
    flush(controller) {
      for (const bytes of gzipper.end()) controller.enqueue(bytes);
    },
  });
}
