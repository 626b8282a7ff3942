import { beyond, malformed, type ArchiveLimits } from './archive-limits.ts';
import { ByteQueue } from './byte-queue.ts';
import { createMemberCheck, type MemberCheck } from './member-check.ts';
import { isZeroBlock, parseBlock, type TarBlock } from './tar-block.ts';
import { blockSize, paddingOf } from './tar-entry.ts';
import { PendingMeta } from './tar-meta.ts';
import { memberOf, type ParsedMember } from './tar-member.ts';

/** Bodies up to this size are given whole. */
const wholeBodySize: number = 64 * 1024;

/** What parsing gives: a member, or undefined where more bytes must be pushed first. */
type Steps<T = void> = Generator<ParsedMember | undefined, T, void>;

/** Reads a tar out of chunks that are pushed in, without waiting for anything. */
export class TarParser {
  readonly #limits: ArchiveLimits;
  readonly #check: MemberCheck;
  readonly #meta: PendingMeta;
  readonly #queue = new ByteQueue();
  readonly #steps: Steps = this.#members();
  /** True once no more bytes come. */
  ended = false;
  /** The large member whose body is being read. */
  current: ParsedMember | undefined;
  #total = 0;
  #entries = 0;
  /** What is left of the current large body. */
  #body = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
    this.#check = createMemberCheck(limits);
    this.#meta = new PendingMeta(limits.metaBytes);
  }

  push(chunk: Uint8Array): void {
    this.#total += chunk.length;
    const { totalBytes } = this.#limits;
    if (this.#total > totalBytes) throw beyond('totalBytes', 'tar is too large', totalBytes);
    this.#queue.push(chunk);
  }

  /** Says that no more bytes come. */
  end(): void {
    this.ended = true;
  }

  /** The next member, past what is left of the last one; undefined when bytes must be pushed first, or at the end. */
  next(): ParsedMember | undefined {
    const step = this.#steps.next();
    return step.done === true ? undefined : step.value;
  }

  /** The next piece of the current large body; undefined when bytes must be pushed first. */
  readBody(): Uint8Array | undefined {
    const piece = this.#queue.takeUpTo(this.#body);
    this.#body -= piece.length;
    if (piece.length > 0) return piece;
    if (this.#body > 0 && this.ended) throw malformed('tar is truncated');
    return undefined;
  }

  *#members(): Steps {
    for (;;) {
      if (!(yield* this.#more())) break;
      const bytes = yield* this.#take(blockSize);
      if (isZeroBlock(bytes)) {
        yield* this.#end();
        break;
      }
      const block = parseBlock(bytes);
      if (this.#meta.takes(block)) yield* this.#metaBody(block);
      else yield* this.#member(block);
    }
    this.#meta.expectNone();
  }

  *#metaBody(block: TarBlock): Steps {
    if (block.flag === 'g') this.#count();
    this.#meta.add(block, yield* this.#take(block.size));
    yield* this.#skip(paddingOf(block.size));
  }

  *#member(block: TarBlock): Steps {
    this.#count();
    const member = memberOf(block, this.#meta.release());
    if (member === undefined) return;
    this.#check.check(member);
    if (member.type === 'file' && member.size <= wholeBodySize) {
      const bytes = yield* this.#take(member.size);
      yield { ...member, bytes };
    } else {
      this.#body = member.size;
      this.current = member;
      yield member;
      this.current = undefined;
      yield* this.#skip(this.#body);
    }
    yield* this.#skip(paddingOf(member.size));
  }

  /** Two zero blocks, or one where the archive stops there; behind them zeros, to fill a record, and nothing else. */
  *#end(): Steps {
    while (yield* this.#more()) {
      if (this.#queue.takeUpTo(wholeBodySize).some((byte) => byte !== 0)) {
        throw malformed('tar is followed by other data');
      }
    }
  }

  #count(): void {
    const { entries } = this.#limits;
    if (++this.#entries > entries) throw beyond('entries', 'tar has too many entries', entries);
  }

  /** True when at least one byte waits, false at the end of the input. */
  *#more(): Steps<boolean> {
    while (this.#queue.length === 0) {
      if (this.ended) return false;
      yield undefined;
    }
    return true;
  }

  *#take(size: number): Steps<Uint8Array> {
    while (this.#queue.length < size) {
      if (this.ended) throw malformed('tar is truncated');
      yield undefined;
    }
    return this.#queue.take(size);
  }

  *#skip(size: number): Steps {
    for (let left = size - this.#queue.skip(size); left > 0; left -= this.#queue.skip(left)) {
      if (this.ended) throw malformed('tar is truncated');
      yield undefined;
    }
  }
}
