import { contentLength } from './answer-head.ts';
import { askFrom } from './ask-range.ts';
import type { BodyReader } from './body-reader.ts';
import type { Exchange } from './exchange.ts';
import type { AskOptions, HttpClient } from './http-client.ts';
import { failureAt, HttpFailure } from './http-failure.ts';
import { parseRange, rangeOf, strongValidator, totalOf } from './range.ts';
import { waitToRetry } from './retry.ts';

/** How to read a body. */
export interface DownloadOptions extends Omit<AskOptions, 'method' | 'body' | 'expect'> {
  /** First byte to read; 0 by default. */
  readonly start?: number | undefined;
  /** The byte after the last one to read; the end by default. */
  readonly end?: number | undefined;
  /** The URL has the same bytes for ever, as that of a digest has: a range of it needs no validator. */
  readonly fixed?: boolean | undefined;
  /** Length of the whole body, where the caller knows it: one that ends before it, and says no length, was cut. */
  readonly size?: number | undefined;
  /** More bytes than this are a failure of kind `too-large`. */
  readonly maxBytes?: number | undefined;
  /** Looks at the head of the first answer, and throws where it is not what was asked for. */
  readonly check?: ((answer: Exchange) => void) | undefined;
  /** Turns what goes wrong while the stream is read into the error of the stream. */
  readonly explain?: ((error: unknown) => Promise<unknown>) | undefined;
  /** Is told when the stream has ended, failed or was cancelled. */
  readonly onEnd?: (() => void) | undefined;
}

/** A body that has begun to come. */
export interface Download {
  /** Length of the whole body in bytes, whatever part of it is read, where the server says it. */
  readonly size: number | undefined;
  readonly url: URL;
  /** The bytes. Goes on after a cut, from where it was; cancelling it closes the connection. */
  readonly stream: ReadableStream<Uint8Array>;
}

/** A body that got so much further is a new one, with all its attempts before it. */
const progressBytes = 1 << 20;

/**
 * Reads the body of a URL, and goes on after a cut: with a range where the server has given a strong validator (RFC 9110
 * sections 13.1.5 and 14.2) or the body is fixed, else by reading again what is known and leaving it out. Nothing of it is checked against a
 * digest: the caller must, because a server may give other bytes the second time.
 *
 * @throws HttpFailure where no answer comes, or (as the error of the stream) where it cannot be read to its end.
 */
export async function download(client: HttpClient, url: URL, options: DownloadOptions = {}): Promise<Download> {
  const { start = 0, end } = options;
  const first = await askFrom(client, url, options, start, rangeOf(start, end));
  try {
    checkEncoding(first);
    options.check?.(first);
    const body = new Body(client, url, options, first);
    return { size: body.total, url: first.url, stream: body.stream() };
  } catch (error) {
    await first.discard();
    throw error;
  }
}

/** One body, over as many answers as it takes. */
class Body {
  readonly total: number | undefined;
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #options: DownloadOptions;
  readonly #validator: string | undefined;
  #reader: BodyReader;
  /** The next byte to hand out. */
  #offset: number;
  /** Bytes of the answer at hand that come before the offset. */
  #known: number;
  #cancelled = false;
  #failures = 0;
  /** Where the failures began to be counted. */
  #mark: number;

  constructor(client: HttpClient, url: URL, options: DownloadOptions, first: Exchange) {
    this.#client = client;
    this.#url = url;
    this.#options = options;
    this.#validator = strongValidator(first.response.headers);
    this.#offset = this.#mark = options.start ?? 0;
    this.total = first.response.status === 206 ? totalOf(first) : contentLength(first.response);
    this.#checkSize(this.total ?? 0);
    this.#known = this.#startOf(first);
    this.#reader = first.read();
  }

  /** The byte after the last one to hand out, where it is known. */
  get #end(): number | undefined {
    const { end } = this.#options;
    return end === undefined || this.total === undefined ? (end ?? this.total) : Math.min(end, this.total);
  }

  /** The bytes, straight from the answers: what stands in between is paid for with every chunk. */
  stream(): ReadableStream<Uint8Array> {
    const { explain = (error: unknown): Promise<unknown> => Promise.resolve(error), onEnd } = this.#options;
    return new ReadableStream(
      {
        pull: async (controller) => {
          try {
            const chunk = await this.#next();
            if (this.#cancelled) return;
            if (chunk === undefined) controller.close();
            else controller.enqueue(chunk);
            if (chunk === undefined) onEnd?.();
          } catch (error) {
            const explained = await explain(error);
            onEnd?.();
            throw explained;
          }
        },
        cancel: async () => {
          this.#cancelled = true;
          await this.#reader.cancel();
          onEnd?.();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      try {
        return await this.#rest();
      } catch (error) {
        await this.#reader.cancel();
        if (this.#offset - this.#mark >= progressBytes) [this.#failures, this.#mark] = [0, this.#offset];
        const last = this.#cancelled || ++this.#failures >= this.#client.policy.attempts;
        if (last || !(await this.#wait(error, this.#failures - 1))) throw error;
      }
      if (this.#cancelled || !(await this.#reopen())) return undefined;
    }
  }

  #wait(error: unknown, retries: number): Promise<boolean> {
    const { policy, clock } = this.#client;
    return waitToRetry(error, retries, { policy, clock, signal: this.#options.signal, onRetry: this.#options.onRetry });
  }

  async #rest(): Promise<Uint8Array | undefined> {
    for (let chunk = await this.#part(); chunk !== undefined; chunk = await this.#part()) {
      const skipped = Math.min(this.#known, chunk.length);
      this.#known -= skipped;
      const fresh = chunk.subarray(skipped, skipped + (this.#end ?? Infinity) - this.#offset);
      if (fresh.length === 0) continue;
      this.#offset += fresh.length;
      this.#checkSize(this.#offset);
      return fresh;
    }
    // A server may give less of a range than it was asked for.
    if (this.#known > 0 || this.#offset < (this.#end ?? this.#options.size ?? 0)) throw this.#cut();
    return undefined;
  }

  /** The next part of the answer. Whatever comes behind a range is not waited for. */
  async #part(): Promise<Uint8Array | undefined> {
    if (this.#offset === this.#options.end && !this.#reader.complete) await this.#reader.cancel();
    return await this.#reader.next();
  }

  /** False where the server says that nothing is left of a body whose length it did not say before. */
  async #reopen(): Promise<boolean> {
    const answer = await askFrom(this.#client, this.#url, this.#options, this.#offset, this.#restOf()).catch(
      (error: unknown) => {
        if (this.total === undefined && error instanceof HttpFailure && error.status === 416) return undefined;
        throw error;
      },
    );
    if (answer === undefined) return false;
    try {
      checkEncoding(answer);
      this.#known = this.#startOf(answer);
      this.#reader = answer.read();
      if (this.#cancelled) await this.#reader.cancel();
    } catch (error) {
      await answer.discard();
      throw error;
    }
    return true;
  }

  #restOf(): Readonly<Record<string, string>> {
    const range = rangeOf(this.#offset, this.#options.end);
    if (this.#options.fixed === true) return range;
    // Without a validator the range may be of other bytes than what came before.
    return this.#validator === undefined
      ? {}
      : { ...range, ...(this.#offset > 0 ? { 'if-range': this.#validator } : {}) };
  }

  /** How many bytes of an answer come before the offset: all of them, or none where it is the range asked for. */
  #startOf(answer: Exchange): number {
    const { status, headers } = answer.response;
    if (status === 200) {
      const length = contentLength(answer.response);
      if (this.total !== undefined && length !== undefined && length !== this.total) throw this.#changed();
      return this.#offset;
    }
    const { start, end, total = this.total } = parseRange(headers);
    if (start !== this.#offset || end < start || total !== (this.total ?? total)) throw this.#wrongRange();
    return 0;
  }

  #checkSize(size: number): void {
    const { maxBytes } = this.#options;
    if (maxBytes === undefined || size <= maxBytes) return;
    throw failureAt(this.#url, 'too-large', `has more than ${maxBytes} bytes`);
  }

  #cut(): HttpFailure {
    const all = this.total === undefined ? 'all' : String(this.total);
    return failureAt(this.#url, 'network', `sent ${this.#offset} bytes and not ${all}`, { retryable: true });
  }

  #changed(): HttpFailure {
    return failureAt(this.#url, 'protocol', `was changed on the server while it was read`);
  }

  #wrongRange(): HttpFailure {
    return failureAt(this.#url, 'protocol', `answered with another range than the one asked for`);
  }
}

function checkEncoding(answer: Exchange): void {
  const encoding = answer.response.headers.get('content-encoding');
  if (encoding === null || encoding.toLowerCase() === 'identity') return;
  throw failureAt(answer.url, 'protocol', `is sent with content encoding ${JSON.stringify(encoding.slice(0, 40))}`);
}
