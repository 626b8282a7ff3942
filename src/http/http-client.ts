import { defaultTimeouts, type Exchange, type Fetch, type HttpTimeouts } from './exchange.ts';
import { follow, type HttpRequest } from './follow.ts';
import { failureAt, HttpFailure } from './http-failure.ts';
import {
  defaultRetry,
  parseRetryAfter,
  systemClock,
  withRetry,
  type HttpClock,
  type RetryOptions,
  type RetryPolicy,
} from './retry.ts';
import { createSlots, defaultSlots, type SlotLimits } from './slots.ts';

/** What a client is made of; everything has a default. */
export interface HttpClientOptions {
  readonly fetch?: Fetch | undefined;
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly concurrency?: Partial<SlotLimits> | undefined;
  readonly clock?: Partial<HttpClock> | undefined;
}

/** What a request may say besides what is sent. */
export interface AskOptions extends HttpRequest {
  /** Statuses that are an answer; every other one is a failure. 200 by default. */
  readonly expect?: readonly number[] | undefined;
  /**
   * True where asking again does no more than asking once, although the method does not say so; false where it may do
   * more. By the method by default.
   */
  readonly repeatable?: boolean | undefined;
  /** Is told before something is tried again. */
  readonly onRetry?: RetryOptions['onRetry'];
}

/** The one door through which requests go out and answers come in. */
export interface HttpClient {
  readonly policy: RetryPolicy;
  readonly clock: HttpClock;
  /**
   * Asks until there is an answer with an expected status. Tries again after 408, 429, 5xx and failures of the network,
   * where asking twice does no more than asking once (RFC 9110 section 9.2.2).
   *
   * @throws HttpFailure for everything but the caller's abort.
   */
  ask(url: URL, options?: AskOptions): Promise<Exchange>;
}

const errorBodyBytes = 64 * 1024;
const idempotent = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'];

/** A client over a `fetch`, with timeouts, retries and bounds on what is under way. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const policy = { ...defaultRetry, ...defined(options.retry) };
  const clock = { ...systemClock, ...defined(options.clock) };
  const context = {
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    slots: createSlots({ ...defaultSlots, ...defined(options.concurrency) }),
    timeouts: { ...defaultTimeouts, ...defined(options.timeouts) },
  };
  return {
    policy,
    clock,
    ask(url, ask = {}) {
      const { expect = [200], method = 'GET', repeatable = idempotent.includes(method), signal, onRetry } = ask;
      const once = async (): Promise<Exchange> => checkStatus(await follow(url, ask, context), expect, clock);
      if (!repeatable) return once();
      return withRetry(once, { policy, clock, signal, onRetry });
    },
  };
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Options without those that were given as undefined: they must not hide a default. */
export function defined<T extends object>(options: T | undefined): Defined<T> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Defined<T>;
}

async function checkStatus(answer: Exchange, expect: readonly number[], clock: HttpClock): Promise<Exchange> {
  const { status, headers } = answer.response;
  if (expect.includes(status)) return answer;
  const body = await beginningOf(answer);
  throw failureAt(answer.url, 'status', `answered ${status}`, {
    status,
    headers,
    body,
    url: answer.url,
    // No disk grows while we wait.
    retryable: status === 408 || status === 429 || (status >= 500 && status !== 507),
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), clock.now()),
  });
}

/** The first bytes of a body that nobody vouches for; a body that fails ends there. */
async function beginningOf(answer: Exchange): Promise<Uint8Array> {
  const beginning = new Uint8Array(errorBodyBytes);
  let size = 0;
  try {
    for await (const chunk of answer.chunks()) {
      const part = chunk.subarray(0, errorBodyBytes - size);
      beginning.set(part, size);
      size += part.length;
      if (size === errorBodyBytes) break;
    }
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
  }
  return beginning.slice(0, size);
}
