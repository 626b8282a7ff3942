import { streamFrom } from '../bytes/stream.ts';
import { contentLength, type Exchange } from './exchange.ts';
import type { AskOptions, HttpClient } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import { redactUrl } from './redact-url.ts';
import { waitToRetry } from './retry.ts';

/** How to read a body. */
export interface DownloadOptions extends Omit<AskOptions, 'method' | 'body' | 'expect'> {
  /** First byte to read; 0 by default. */
  readonly start?: number | undefined;
  /** The byte after the last one to read; the end by default. */
  readonly end?: number | undefined;
  /** The URL has the same bytes for ever, as that of a digest has: a range of it needs no validator. */
  readonly fixed?: boolean | undefined;
  /** More bytes than this are a failure of kind `too-large`. */
  readonly maxBytes?: number | undefined;
  /** Looks at the head of the first answer, and throws where it is not what was asked for. */
  readonly check?: ((answer: Exchange) => void) | undefined;
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
  const first = await client.ask(url, request(options, rangeOf(options.start ?? 0, options.end)));
  try {
    checkEncoding(first);
    options.check?.(first);
    const body = new Body(client, url, options, first);
    return { size: body.total, url: first.url, stream: streamFrom((signal) => body.until(signal)) };
  } catch (error) {
    await first.discard();
    throw error;
  }
}

/** The header for a range, `end` not included; none for everything. */
function rangeOf(start: number, end: number | undefined): Readonly<Record<string, string>> {
  return start === 0 && end === undefined ? {} : { range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
}

function request(options: DownloadOptions, range: Readonly<Record<string, string>>): AskOptions {
  const expect = 'range' in range ? [200, 206] : [200];
  // A body that is decoded on its way is not the one that a digest names.
  return { ...options, expect, headers: { ...options.headers, 'accept-encoding': 'identity', ...range } };
}

/** One body, over as many answers as it takes. */
class Body {
  readonly total: number | undefined;
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #options: DownloadOptions;
  readonly #validator: string | undefined;
  #answer: Exchange;
  /** The next byte to hand out. */
  #offset: number;
  /** Bytes of the answer at hand that come before the offset. */
  #known: number;

  constructor(client: HttpClient, url: URL, options: DownloadOptions, first: Exchange) {
    this.#client = client;
    this.#url = url;
    this.#options = options;
    this.#answer = first;
    this.#validator = strongValidator(first.response.headers);
    this.#offset = options.start ?? 0;
    this.total = first.response.status === 206 ? totalOf(first) : contentLength(first.response);
    this.#checkSize(this.total ?? 0);
    this.#known = this.#startOf(first);
  }

  /** The byte after the last one to hand out, where it is known. */
  get #end(): number | undefined {
    const { end } = this.#options;
    return end === undefined || this.total === undefined ? (end ?? this.total) : Math.min(end, this.total);
  }

  /** The bytes; listens before anybody asks for the first of them, for a generator that has not begun hears nothing. */
  until(cancelled: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    cancelled.addEventListener('abort', () => void this.#answer.discard(), { once: true });
    return this.#chunks(cancelled);
  }

  async *#chunks(cancelled: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    let [failures, mark] = [0, this.#offset];
    for (;;) {
      try {
        yield* this.#rest();
        return;
      } catch (error) {
        if (this.#offset - mark >= progressBytes) [failures, mark] = [0, this.#offset];
        if (cancelled.aborted || ++failures >= this.#client.policy.attempts || !(await this.#wait(error, failures - 1)))
          throw error;
      }
      await this.#reopen();
    }
  }

  #wait(error: unknown, retries: number): Promise<boolean> {
    const { policy, clock } = this.#client;
    return waitToRetry(error, retries, { policy, clock, signal: this.#options.signal, onRetry: this.#options.onRetry });
  }

  async *#rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#answer.chunks()) {
      const skipped = Math.min(this.#known, chunk.length);
      this.#known -= skipped;
      const fresh = chunk.subarray(skipped, skipped + (this.#end ?? Infinity) - this.#offset);
      if (fresh.length === 0) continue;
      this.#offset += fresh.length;
      this.#checkSize(this.#offset);
      yield fresh;
      // Whatever comes behind a range is not waited for.
      if (this.#offset === this.#options.end) return;
    }
    // A server may give less of a range than it was asked for.
    if (this.#known > 0 || this.#offset < (this.#end ?? 0)) throw this.#cut();
  }

  async #reopen(): Promise<void> {
    const answer = await this.#client.ask(this.#url, request(this.#options, this.#restOf()));
    try {
      checkEncoding(answer);
      this.#known = this.#startOf(answer);
    } catch (error) {
      await answer.discard();
      throw error;
    }
    this.#answer = answer;
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
    throw new HttpFailure('too-large', `${redactUrl(this.#url)} has more than ${maxBytes} bytes`);
  }

  #cut(): HttpFailure {
    const all = this.total === undefined ? 'all' : String(this.total);
    const message = `${redactUrl(this.#url)} sent ${this.#offset} bytes and not ${all}`;
    return new HttpFailure('network', message, { retryable: true });
  }

  #changed(): HttpFailure {
    return new HttpFailure('protocol', `${redactUrl(this.#url)} was changed on the server while it was read`);
  }

  #wrongRange(): HttpFailure {
    return new HttpFailure('protocol', `${redactUrl(this.#url)} answered with another range than the one asked for`);
  }
}

interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total: number | undefined;
}

/** What a 206 says that it is (RFC 9110 section 14.4); NaN for what it does not say. */
function parseRange(headers: Headers): ContentRange {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '');
  return {
    start: Number(range?.[1]),
    end: Number(range?.[2]),
    total: range?.[3] === '*' ? undefined : Number(range?.[3]),
  };
}

function totalOf({ response }: Exchange): number | undefined {
  const { total } = parseRange(response.headers);
  return Number.isNaN(total) ? undefined : total;
}

/** What tells that a later range is of the same bytes: a strong entity tag, or a date that is old enough to be strong. */
function strongValidator(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  if (tag !== null && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag)) return tag;
  const modified = headers.get('last-modified') ?? '';
  // RFC 9110 section 8.8.2.2: two versions within one second have the same date.
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(modified);
  return tag === null && age >= 1000 ? modified : undefined;
}

function checkEncoding(answer: Exchange): void {
  const encoding = answer.response.headers.get('content-encoding');
  if (encoding === null || encoding.toLowerCase() === 'identity') return;
  const message = `${redactUrl(answer.url)} is sent with content encoding ${JSON.stringify(encoding.slice(0, 40))}`;
  throw new HttpFailure('protocol', message);
}
