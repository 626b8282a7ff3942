import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf } from '../../../bytes/stream.ts';

/** The bytes of a row: 1 MiB. Reading counts on it, so another number is another layout. */
export const chunkBytes: number = 1024 * 1024;

/** Bytes of a source on their way into rows. */
export interface PiecesOptions {
  /** Room in the first piece; a whole one by default. */
  readonly room?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a source as pieces that fill a row each, the last one less. A piece is valid until the piece after the
 * next one is asked for: two arrays take turns, whatever the size of the source.
 *
 * Where the source fails, what it gave comes as a last piece before the error.
 */
export async function* pieces(source: ByteSource, options: PiecesOptions = {}): AsyncGenerator<Uint8Array> {
  const { room = chunkBytes, signal } = options;
  const filler = new Filler(room);
  try {
    for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
      for (let start = 0; start < chunk.length;) {
        start += filler.add(chunk, start);
        if (filler.full) yield filler.take();
      }
    }
  } catch (error) {
    if (signal?.aborted !== true && filler.length > 0) yield filler.take();
    throw error;
  }
  if (filler.length > 0) yield filler.take();
}

/** Ends the wait for a source when what was read before could not be written, or when the signal of a caller fires. */
export function stoppable(signal: AbortSignal | undefined): {
  readonly stop: (reason: unknown) => void;
  readonly signal: AbortSignal;
} {
  const own = new AbortController();
  return {
    stop: (reason) => own.abort(reason),
    signal: signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]),
  };
}

/** Copies chunks into one array until it is full, and then into another one. */
class Filler {
  length = 0;
  #room: number;
  #array: Uint8Array | undefined;
  #other: Uint8Array | undefined;

  constructor(room: number) {
    this.#room = room;
  }

  get full(): boolean {
    return this.length === this.#room;
  }

  /** How many bytes of a chunk, from a place in it, found room. */
  add(chunk: Uint8Array, start: number): number {
    const part = chunk.subarray(start, start + this.#room - this.length);
    this.#array ??= new Uint8Array(chunkBytes);
    this.#array.set(part, this.length);
    this.length += part.length;
    return part.length;
  }

  take(): Uint8Array {
    const piece = (this.#array ?? new Uint8Array()).subarray(0, this.length);
    [this.#array, this.#other] = [this.#other, this.#array];
    this.#room = chunkBytes;
    this.length = 0;
    return piece;
  }
}
