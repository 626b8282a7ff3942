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
  function* compress(last: boolean): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
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
