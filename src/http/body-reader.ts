import { hastenCollection } from '../bytes/hasten-collection.ts';
import { giveUpWaiting, type AbortLink } from './abort-link.ts';
import type { HttpTimeouts } from './exchange.ts';
import { failureAt } from './http-failure.ts';

/** What the body of an answer is read under. */
export interface BodyTerms {
  readonly url: URL;
  /** How many bytes the answer announces, where it does. */
  readonly announced: number | undefined;
  readonly timeouts: HttpTimeouts;
  readonly link: AbortLink;
  /** Is told when the body is over, in whatever way. */
  readonly end: () => void;
  /** Turns what reading throws into the error to throw. */
  readonly fail: (error: unknown) => unknown;
}

type Part = ReadableStreamReadResult<Uint8Array>;

/** Why an exchange is ended that nobody wants any more. Made once: to make one costs more than to end it. */
const over = new DOMException('the exchange is over', 'AbortError');

/** Gives up a body, and its exchange. */
export async function giveUp(cancel: () => Promise<void>, { controller }: AbortLink): Promise<void> {
  // A body that failed already says so again here, which nobody needs to hear.
  await cancel().catch(() => undefined);
  controller.abort(over);
}

/** Reads the body of an answer part by part. Fails when it stalls, drips or is not as long as announced. */
export class BodyReader {
  readonly #terms: BodyTerms;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #ended = false;
  #seen = 0;
  /** When the wait of the moment began; undefined while nobody waits. */
  #since: number | undefined;
  /** One timer for all waits, armed anew when it fires: a timer for each part would cost more than the part. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waited = 0;
  #received = 0;

  constructor(body: ReadableStream<Uint8Array> | null, terms: BodyTerms) {
    this.#terms = terms;
    this.#reader = body?.getReader();
    this.#ended = body === null;
  }

  /** True when everything has come that the answer announces; its end can still be read. */
  get complete(): boolean {
    return this.#seen === this.#terms.announced;
  }

  /** The next part; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#ended || this.#reader === undefined) return undefined;
    try {
      const { done, value } = await this.#wait(this.#reader);
      this.#terms.link.controller.signal.throwIfAborted();
      if (!done) return this.#checked(value);
      this.#checkLength();
      this.#end();
      return undefined;
    } catch (error) {
      const failure = this.#terms.fail(error);
      await this.cancel();
      throw failure;
    }
  }

  /** Gives up what has not been read. Harmless after the end. */
  async cancel(): Promise<void> {
    if (this.#ended || this.#reader === undefined) return;
    this.#ended = true;
    const reader = this.#reader;
    await giveUp(() => reader.cancel(), this.#terms.link);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#terms.end();
  }

  /** Not every fetch heeds its signal at once: the link ends the wait by itself. */
  #wait(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Part> {
    const { link, timeouts } = this.#terms;
    this.#since = performance.now();
    this.#timer ??= setTimeout(this.#lookAtTime, timeouts.idleMs);
    return new Promise((resolve, reject) => {
      link.interrupt = reject;
      reader.read().then((part) => {
        this.#arrived(part);
        resolve(part);
      }, reject);
    });
  }

  #arrived({ value }: Part): void {
    const waited = performance.now() - (this.#since ?? 0);
    this.#since = undefined;
    this.#waited += waited;
    this.#received += value?.length ?? 0;
  }

  readonly #lookAtTime = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined || this.#ended) return;
    const { url, timeouts, link } = this.#terms;
    const left = timeouts.idleMs - (performance.now() - this.#since);
    if (left > 0) this.#timer = setTimeout(this.#lookAtTime, left);
    else giveUpWaiting(url, timeouts.idleMs, link);
  };

  #checked(part: Uint8Array): Uint8Array {
    const { url, announced } = this.#terms;
    this.#seen += part.length;
    if (announced !== undefined && this.#seen > announced) {
      throw failureAt(url, 'protocol', `sent more than the ${announced} bytes that it announced`);
    }
    this.#checkRate();
    hastenCollection(part.length);
    return part;
  }

  #checkLength(): void {
    const { url, announced } = this.#terms;
    if (announced === undefined || this.#seen >= announced) return;
    const problem = `sent ${this.#seen} of the ${announced} bytes that it announced`;
    throw failureAt(url, 'network', problem, { retryable: true });
  }

  /** Only the time that is spent waiting counts: a reader that takes its time costs the server nothing. */
  #checkRate(): void {
    const { url, timeouts } = this.#terms;
    if (this.#waited < timeouts.rateWindowMs) return;
    if (this.#received < (timeouts.minBytesPerSecond * this.#waited) / 1000) {
      const problem = `sent ${this.#received} bytes in ${Math.round(this.#waited)} ms`;
      throw failureAt(url, 'timeout', problem, { retryable: true });
    }
    this.#waited = 0;
    this.#received = 0;
  }
}
