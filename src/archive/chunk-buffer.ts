const chunkSize = 1 << 20;

/** Gathers small pieces into fresh chunks of 1 MiB. Each method gives the chunks that became full. */
export class ChunkBuffer {
  #chunk: Uint8Array = new Uint8Array(chunkSize);
  #filled = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (let offset = 0; offset < bytes.length;) {
      const piece = bytes.subarray(offset, offset + chunkSize - this.#filled);
      this.#chunk.set(piece, this.#filled);
      offset += piece.length;
      yield* this.#advance(piece.length);
    }
  }

  /** Adds fewer zeros than a chunk holds. */
  *zeros(count: number): Generator<Uint8Array, void, undefined> {
    const here = Math.min(count, chunkSize - this.#filled);
    yield* this.#advance(here);
    // A fresh chunk is all zeros.
    yield* this.#advance(count - here);
  }

  /** Gives what was gathered, before something that is not. */
  *flush(): Generator<Uint8Array, void, undefined> {
    if (this.#filled === 0) return;
    const chunk = this.#cut(this.#filled);
    this.#filled = 0;
    yield chunk;
  }

  /** A chunk is handed out and never touched again; little is copied out, so that the chunk can be filled on. */
  #cut(filled: number): Uint8Array {
    const chunk = this.#chunk;
    if (filled > chunkSize / 2) {
      this.#chunk = new Uint8Array(chunkSize);
      return chunk.subarray(0, filled);
    }
    const copy = chunk.slice(0, filled);
    chunk.fill(0, 0, filled);
    return copy;
  }

  *#advance(count: number): Generator<Uint8Array, void, undefined> {
    this.#filled += count;
    if (this.#filled === chunkSize) yield* this.flush();
  }
}
