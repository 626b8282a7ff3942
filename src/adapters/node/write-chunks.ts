import { write } from 'node:fs';
import { promisify } from 'node:util';
import { giveAway, letGo } from '../../bytes/given-chunks.ts';
import { chunksOf } from '../../bytes/stream.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { writeFully } from './atomic-file.ts';
import { SourceFailure } from './failure.ts';

const maxPiece = 1024 * 1024;
/** What is no larger is written at once: another thread would cost more than it frees. */
const smallPiece = 256 * 1024;
const writeSome = promisify(write) as (
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<unknown>;

/** The chunks of a source, from its start or from a byte in it. What the source throws is marked as its own; an abort is let through. */
export function sourceChunks(
  source: ByteSource,
  signal: AbortSignal | undefined,
  start: number = 0,
): AsyncIterable<Uint8Array> {
  let chunks: AsyncGenerator<Uint8Array> | undefined;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      chunks ??= chunksOf(await source.open(start === 0 ? { signal } : { start, signal }), { signal });
      const result = await chunks.next();
      if (result.done !== true) giveAway(result.value, source);
      return result;
    } catch (error) {
      throw new SourceFailure(error);
    }
  };
  // A generator around another one would cost more for each chunk than all that is done with it.
  const end = async (): Promise<IteratorResult<Uint8Array>> => {
    await chunks?.return(undefined);
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

/** Where bytes are written, and who looks at them. */
export interface WriteOptions {
  /** Where in the file the first byte goes; its start by default. */
  readonly position?: number | undefined;
  /** Sees what was written, piece by piece, in order. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined;
}

/**
 * Writes chunks to an open file in pieces of 1 MiB: while one is on its way to the disk, it is looked at and the next is
 * gathered. Chunks are copied at once: what a producer does to its array later changes nothing that was checked.
 *
 * When the chunks fail, what came before is still written, and then the failure is thrown.
 */
export async function writeChunks(
  file: number,
  chunks: AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  const writer = new PieceWriter(file, options);
  try {
    for await (const chunk of chunks) {
      const sent = writer.add(chunk);
      if (sent !== undefined) await sent;
      letGo(chunk);
    }
  } finally {
    await writer.end();
  }
}

/** Buffers that no writer holds: to make one costs more than to write a file of a few pieces. */
const spare: Uint8Array[] = [];
const maxSpare = 8;

function takeBuffer(): Uint8Array {
  return spare.pop() ?? Buffer.allocUnsafeSlow(maxPiece);
}

function giveBuffer(buffer: Uint8Array | undefined): void {
  if (buffer !== undefined && spare.length < maxSpare) spare.push(buffer);
}

class PieceWriter {
  readonly #file: number;
  readonly #onPiece: ((piece: Uint8Array) => void) | undefined;
  #position: number;
  #gathering: Uint8Array = takeBuffer();
  #other: Uint8Array | undefined;
  #filled = 0;
  #inFlight: Promise<void> | undefined;

  constructor(file: number, options: WriteOptions) {
    const { position = 0, onPiece } = options;
    this.#file = file;
    this.#position = position;
    this.#onPiece = onPiece;
  }

  /** Takes a chunk; what it gives, if anything, is to be waited for before the next one. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.length >= this.#gathering.length - this.#filled) return this.#addLarge(chunk);
    this.#gathering.set(chunk, this.#filled);
    this.#filled += chunk.length;
    return undefined;
  }

  async #addLarge(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const part = chunk.subarray(done, done + this.#gathering.length - this.#filled);
      this.#gathering.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
      if (this.#filled === this.#gathering.length) await this.#send();
    }
  }

  async end(): Promise<void> {
    if (this.#inFlight === undefined && this.#filled <= smallPiece) this.#writeSmall();
    else if (this.#filled > 0) await this.#send();
    await this.#inFlight;
    giveBuffer(this.#gathering);
    giveBuffer(this.#other);
  }

  #writeSmall(): void {
    const piece = this.#gathering.subarray(0, this.#filled);
    if (piece.length === 0) return;
    writeFully(this.#file, piece, this.#position);
    this.#onPiece?.(piece);
  }

  async #send(): Promise<void> {
    const piece = this.#gathering.subarray(0, this.#filled);
    this.#filled = 0;
    await this.#inFlight;
    this.#inFlight = writePiece(this.#file, piece, this.#position);
    // Its failure is met by the next await; without this it would count as unhandled until then.
    this.#inFlight.catch(() => undefined);
    this.#position += piece.length;
    this.#onPiece?.(piece);
    [this.#gathering, this.#other] = [this.#other ?? takeBuffer(), this.#gathering];
  }
}

async function writePiece(file: number, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.length;) {
    // promisify of fs.write gives the count in an object.
    const { bytesWritten } = (await writeSome(file, piece, done, piece.length - done, position + done)) as {
      bytesWritten: number;
    };
    done += bytesWritten;
  }
}
