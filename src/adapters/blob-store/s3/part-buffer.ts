const firstBytes = 1 << 16;

/** Gathers chunks up to the size of a part. Begins small and grows: most blobs are much smaller than a part. */
export class PartBuffer {
  readonly #limit: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(limit: number, expected: number = firstBytes) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(limit, Math.max(expected, 1)));
  }

  get full(): boolean {
    return this.#length === this.#limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Copies as much of a chunk as fits; gives the rest. */
  add(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.#limit - this.#length);
    this.#reserve(this.#length + taken.length);
    this.#bytes.set(taken, this.#length);
    this.#length += taken.length;
    return chunk.subarray(taken.length);
  }

  /** What was gathered. It is overwritten after {@link clear}. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(length, this.#bytes.length * 2)));
    larger.set(this.bytes());
    this.#bytes = larger;
  }
}
