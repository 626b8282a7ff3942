import { checkOptions } from '../bytes/check-options.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import { beyond, limitsOf, malformed, type ArchiveLimits } from './archive-limits.ts';
import { ByteQueue } from './byte-queue.ts';
import { crc32 } from './crc32.ts';
import { inflateMember } from './inflate-member.ts';

/** What {@link gunzipStream} takes. */
export interface GunzipOptions {
  readonly limits?: Partial<ArchiveLimits> | undefined;
}

/**
 * Decompresses gzip (RFC 1952) with the same outcome on every runtime: every member is read, CRC-32, length and header
 * CRC are checked, zeros may follow the last member and nothing else may.
 *
 * Content flows before its member's CRC was seen: until the stream has closed, nothing that was read may be trusted.
 *
 * @throws FormatError (as the error of the stream) `ERR_ARCHIVE_INVALID` for what is malformed, truncated or empty,
 * `ERR_LIMIT_EXCEEDED` for `totalBytes`, `ratio` and `gzipMembers`.
 */
export function gunzipStream(options: GunzipOptions = {}): TransformStream<Uint8Array, Uint8Array> {
  checkOptions('gunzipStream', options, ['limits']);
  const input = new TransformStream<Uint8Array, Uint8Array>();
  // Not one transform: a chunk of a bomb would be inflated whole before anyone could look at it.
  const reader = new GzipReader(limitsOf(options.limits));
  const readable = streamFrom((signal) => inflated(input.readable, reader, signal));
  return { readable, writable: input.writable };
}

async function* inflated(
  stream: ReadableStream<Uint8Array>,
  reader: GzipReader,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunksOf(stream, { signal })) {
    reader.push(chunk);
    yield* reader.read();
  }
  reader.end();
  yield* reader.read();
}

/** Bounds what one step can inflate to: DEFLATE grows at most 1032 times. */
const inputStep = 16 * 1024;
const freeOutput = 1 << 20;
const maxHeaderBytes = 256 * 1024;

/** Flags of RFC 1952 section 2.3.1. */
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

/** What reading gives: content, or undefined where more bytes must be pushed first. */
type Steps<T = void> = Generator<Uint8Array | undefined, T, void>;

/** The state of reading a gzip: a generator that stops wherever it needs more bytes. */
class GzipReader {
  readonly #limits: ArchiveLimits;
  readonly #queue = new ByteQueue();
  readonly #steps: Steps = this.#members();
  #ended = false;
  #input = 0;
  #output = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  push(chunk: Uint8Array): void {
    this.#input += chunk.length;
    this.#queue.push(chunk);
  }

  /** Says that no more bytes come. */
  end(): void {
    this.#ended = true;
  }

  /** The content of what was pushed, a step at a time. */
  *read(): Generator<Uint8Array, void, void> {
    for (let step = this.#steps.next(); step.done !== true && step.value !== undefined; step = this.#steps.next()) {
      yield step.value;
    }
  }

  *#members(): Steps {
    for (let count = 1; ; count++) {
      if (count > this.#limits.gzipMembers) {
        throw beyond('gzipMembers', 'gzip has too many members', this.#limits.gzipMembers);
      }
      yield* this.#header();
      yield* this.#body();
      if (!(yield* this.#more())) break;
      if (this.#queue.peek(1)[0] === 0) {
        yield* this.#zeros();
        break;
      }
    }
  }

  /** True when at least one byte waits, false at the end of the input. */
  *#more(): Steps<boolean> {
    while (this.#queue.length === 0) {
      if (this.#ended) return false;
      yield undefined;
    }
    return true;
  }

  *#take(size: number): Steps<Uint8Array> {
    while (this.#queue.length < size) {
      if (this.#ended) throw malformed(this.#input === 0 ? 'gzip is empty' : 'gzip is truncated');
      yield undefined;
    }
    return this.#queue.take(size);
  }

  /** RFC 1952 section 2.3. */
  *#header(): Steps {
    const fixed = yield* this.#take(10);
    if (fixed[0] !== 0x1f || fixed[1] !== 0x8b) throw malformed('gzip member does not start with 1f 8b');
    if (fixed[2] !== 8) throw malformed(`gzip member has compression method ${fixed[2] ?? 0}, expected 8`);
    const flag = fixed[3] ?? 0;
    if (flag & flags.reserved) throw malformed('gzip member has reserved flags');
    let crc = crc32(fixed);
    if (flag & flags.extra) {
      const length = yield* this.#take(2);
      crc = crc32(yield* this.#take(uint16(length)), crc32(length, crc));
    }
    if (flag & flags.name) crc = yield* this.#text(crc);
    if (flag & flags.comment) crc = yield* this.#text(crc);
    if (flag & flags.headerCrc && uint16(yield* this.#take(2)) !== (crc & 0xffff)) {
      throw malformed('gzip header does not match its CRC');
    }
  }

  /** Skips a text that a zero byte ends; gives the CRC with it. */
  *#text(crc: number): Steps<number> {
    let size = 0;
    for (;;) {
      if (!(yield* this.#more())) throw malformed('gzip is truncated');
      const waiting = this.#queue.peek(maxHeaderBytes);
      const zero = waiting.indexOf(0);
      const piece = this.#queue.takeUpTo(zero === -1 ? waiting.length : zero + 1);
      crc = crc32(piece, crc);
      if (zero !== -1) return crc;
      size += piece.length;
      if (size > maxHeaderBytes) throw malformed(`gzip header has a text of more than ${maxHeaderBytes} bytes`);
    }
  }

  /** The compressed blocks and the trailer. */
  *#body(): Steps {
    let crc = 0;
    let size = 0;
    const inflate = inflateMember();
    for (let rest: number | undefined; rest === undefined;) {
      const piece = yield* this.#step();
      const inflated = inflate(piece);
      rest = inflated.rest;
      if (rest !== undefined) this.#queue.unshift(piece.subarray(piece.length - rest));
      crc = crc32(inflated.bytes, crc);
      size += inflated.bytes.length;
      this.#checkGrowth(inflated.bytes.length);
      if (inflated.bytes.length > 0) yield inflated.bytes;
    }
    const trailer = yield* this.#take(8);
    if (uint32(trailer, 0) !== crc) throw malformed('gzip content does not match its CRC-32');
    if (uint32(trailer, 4) !== size % 2 ** 32) throw malformed('gzip content does not match its length');
  }

  /** The next bytes to inflate. Short chunks are gathered first, because each call of fflate has a fixed cost. */
  *#step(): Steps<Uint8Array> {
    while (this.#queue.length < inputStep && !this.#ended) yield undefined;
    if (this.#queue.length === 0) throw malformed('gzip is truncated');
    return this.#queue.take(Math.min(inputStep, this.#queue.length));
  }

  #checkGrowth(size: number): void {
    const { ratio, totalBytes } = this.#limits;
    this.#output += size;
    if (this.#output > totalBytes) throw beyond('totalBytes', 'gzip content is too large', totalBytes);
    if (this.#output > freeOutput && this.#output > ratio * (this.#input - this.#queue.length)) {
      throw beyond('ratio', 'gzip content is too many times larger than its bytes', ratio);
    }
  }

  /** What may follow the last member: zeros, to fill a block of a tape or a disk. */
  *#zeros(): Steps {
    while (yield* this.#more()) {
      const piece = this.#queue.takeUpTo(inputStep);
      if (piece.some((value) => value !== 0)) throw malformed('gzip is followed by other data');
    }
  }
}

function uint16(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
}

function uint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true);
}
