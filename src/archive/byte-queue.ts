import { concatBytes } from '../bytes/stream.ts';

/** Chunks that wait to be read. Bytes are copied only where what is asked for spans chunks, and then once. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #first = 0;
  #offset = 0;
  /** Bytes that wait. */
  length = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** Puts bytes back in front of those that wait. */
  unshift(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const waiting = this.#chunks.slice(this.#first);
    const first = waiting[0];
    if (first !== undefined) waiting[0] = first.subarray(this.#offset);
    this.#chunks = [bytes, ...waiting];
    this.#first = 0;
    this.#offset = 0;
    this.length += bytes.length;
  }

  /** Takes exactly `size` bytes. The caller has checked that so many wait. */
  take(size: number): Uint8Array {
    const piece = this.takeUpTo(size);
    if (piece.length === size) return piece;
    const pieces = [piece];
    for (let missing = size - piece.length; missing > 0;) {
      const next = this.takeUpTo(missing);
      pieces.push(next);
      missing -= next.length;
    }
    return concatBytes(pieces, size);
  }

  /** Takes at most `size` bytes, as many as lie together: none only when none wait. */
  takeUpTo(size: number): Uint8Array {
    const piece = this.peek(size);
    this.skip(piece.length);
    return piece;
  }

  /** The next bytes that lie together, at most `size`, which stay in the queue. */
  peek(size: number): Uint8Array {
    const chunk = this.#chunks[this.#first];
    return chunk === undefined ? none : chunk.subarray(this.#offset, this.#offset + size);
  }

  /** Drops at most `size` bytes, and gives how many. */
  skip(size: number): number {
    const dropped = Math.min(size, this.length);
    this.length -= dropped;
    this.#offset += dropped;
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined && this.#offset >= chunk.length;) {
      this.#offset -= chunk.length;
      chunk = this.#chunks[++this.#first];
    }
    this.#compact();
    return dropped;
  }

  /** Lets go of chunks that were read, not one by one: a shift of an array costs its length. */
  #compact(): void {
    if (this.#first < 64 && this.#first < this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(this.#first);
    this.#first = 0;
  }
}

const none: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
