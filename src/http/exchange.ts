import { inTime, linkAbort, type AbortLink } from './abort-link.ts';
import { contentLength } from './answer-head.ts';
import { BodyReader, giveUp } from './body-reader.ts';
import { failureAt, HttpFailure, networkCode } from './http-failure.ts';
import type { SentBody } from './send-body.ts';
import type { Slots } from './slots.ts';

/** How long each phase of an exchange may take. Milliseconds. */
export interface HttpTimeouts {
  /** From the call to the head of the answer; the time that a body takes to be sent is not counted. */
  readonly headersMs: number;
  /** From the last byte of a streamed body to the head of the answer: registries hash and move what they were sent. */
  readonly answerMs: number;
  /** Between two parts of a body, while we wait for one or for the server to take one. */
  readonly idleMs: number;
  /** A body that brings less than `minBytesPerSecond` over so much time of waiting is given up. */
  readonly rateWindowMs: number;
  readonly minBytesPerSecond: number;
}

export const defaultTimeouts: HttpTimeouts = {
  headersMs: 30_000,
  answerMs: 300_000,
  idleMs: 30_000,
  rateWindowMs: 60_000,
  minBytesPerSecond: 1024,
};

/** The `fetch` of the platform, or of whoever has another one. */
export type Fetch = typeof globalThis.fetch;

/** An answer whose head has come. Exactly one of `read`, `chunks` and `discard` is to be used. */
export interface Exchange {
  readonly url: URL;
  readonly response: Response;
  /** The body, to be read to its end or cancelled. Fails with {@link HttpFailure}. */
  read(): BodyReader;
  /** The body, part by part. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Gives up the body, and with it the connection's slot. */
  discard(): Promise<void>;
}

/** What an exchange is made with. */
export interface ExchangeContext {
  readonly fetch: Fetch;
  readonly slots: Slots;
  readonly timeouts: HttpTimeouts;
}

/** What an exchange is about besides its request. */
export interface ExchangeOptions {
  readonly signal?: AbortSignal | undefined;
  /** The head of the answer may take `answerMs`, also where little is sent. */
  readonly patient?: boolean | undefined;
}

/** One request and the head of its answer, no redirect followed. A streamed body is closed when the exchange is over. */
export async function exchange(
  url: URL,
  init: RequestInit,
  context: ExchangeContext,
  { signal, patient = false }: ExchangeOptions,
): Promise<Exchange> {
  // Who only reads does not load what sends.
  const sender = init.body === undefined ? undefined : await import('./send-body.ts');
  const release = await context.slots.take(url.origin, signal);
  const link = linkAbort(signal);
  const sent = sender?.sendBody(init, context.timeouts, patient) ?? sendNothing(init, context.timeouts, patient);
  const end = (): void => {
    link.unlink();
    sent.end();
    release();
  };
  try {
    const answer = context.fetch(url, { ...sent.init, signal: link.controller.signal });
    const response = await inTime(answer, sent.waitMs, url, link, sent);
    const empty = init.method === 'HEAD' || contentLength(response) === 0;
    return openExchange(url, response, context.timeouts, { link, end, empty });
  } catch (error) {
    end();
    throw failureOf(error, url, link.controller.signal);
  }
}

function sendNothing(init: RequestInit, { answerMs, headersMs }: HttpTimeouts, patient: boolean): SentBody {
  return { init, waitMs: patient ? answerMs : headersMs, rearm: undefined, end: () => undefined };
}

function openExchange(
  url: URL,
  response: Response,
  timeouts: HttpTimeouts,
  { link, end, empty }: { readonly link: AbortLink; readonly end: () => void; readonly empty: boolean },
): Exchange {
  const { body } = response;
  // To cancel a body that has nothing to come costs a connection that could be used again.
  const hasEnded = async (): Promise<boolean> => {
    if (!empty || body === null || body.locked) return false;
    const reader = body.getReader();
    const rest = inTime(reader.read(), timeouts.idleMs, url, link);
    return rest
      .then(
        ({ done }) => done,
        () => false,
      )
      .finally(() => reader.releaseLock());
  };
  if (body === null) end();
  const fail = (error: unknown): unknown => failureOf(error, url, link.controller.signal);
  const announced = contentLength(response);
  const read = (): BodyReader => new BodyReader(body, { url, announced, timeouts, link, end, fail });
  return {
    url,
    response,
    read,
    async *chunks() {
      const reader = read();
      try {
        for (let part = await reader.next(); part !== undefined; part = await reader.next()) yield part;
      } finally {
        await reader.cancel();
      }
    },
    async discard() {
      if (body !== null && !(await hasEnded())) await giveUp(() => body.cancel(), link);
      end();
    },
  };
}

/** What a rejected fetch or read means: the caller's abort as it is, a failure of ours as it is, else the network. */
function failureOf(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (error instanceof HttpFailure) return error;
  if (signal?.aborted === true) return signal.reason;
  if (isRedirected(error)) {
    return failureAt(url, 'redirect', 'redirects a body that is sent once only', { cause: error });
  }
  const code = networkCode(error);
  return failureAt(url, 'network', `could not be reached: ${code ?? 'the connection failed'}`, {
    cause: error,
    // A certificate does not get better by asking again.
    retryable: !/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code ?? ''),
  });
}

/** True for what fetch says where a redirect is an error; its words differ from platform to platform. */
function isRedirected(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return [error, cause].some((each) => each instanceof Error && /redirect/i.test(each.message));
}
