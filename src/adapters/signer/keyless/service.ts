import { fromUtf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import { isPackError, SigningError, type SigningErrorCode } from '../../../errors.ts';
import type { Fetch, HttpTimeouts } from '../../../http/exchange.ts';
import type { HttpRequest } from '../../../http/follow.ts';
import { createHttpClient, type HttpClient } from '../../../http/http-client.ts';
import { failureAt, HttpFailure } from '../../../http/http-failure.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import { withoutSecrets } from '../shared/without-secrets.ts';
import { withRetry, type HttpClock, type RetryPolicy } from '../../../http/retry.ts';

/** How services are asked; everything has a default. */
export interface ServiceOptions {
  /** The platform's by default. */
  readonly fetch?: Fetch | undefined;
  /** Three attempts by default, up to 2 seconds apart. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 30 seconds for an answer by default; a log of Rekor v2 takes up to 10, so give it 20 at least. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** Time and chance, so that a test can fix them. */
  readonly clock?: Partial<HttpClock> | undefined;
}

/** What a service is asked, and what is to be said where it fails. */
export interface ServiceRequest extends Pick<HttpRequest, 'method' | 'headers' | 'authorize' | 'signal'> {
  readonly url: URL;
  /** As errors name it: `certificate authority`. */
  readonly name: string;
  readonly code: SigningErrorCode;
  readonly content?: Uint8Array<ArrayBuffer> | string | undefined;
  /** Statuses that are an answer; 200 and 201 by default. */
  readonly expect?: readonly number[] | undefined;
  /** What no message may hold, whatever the service answers. */
  readonly secrets?: readonly string[] | undefined;
}

/** The answer of a service, whole. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

const retry: RetryPolicy = { attempts: 3, baseMs: 200, capMs: 2000, maxRetryAfterMs: 10_000 };
/** A log entry with the envelope that it is about is the largest answer. */
const maximumBytes = 20 * 1024 * 1024;

/** The client that all services of one signer share. */
export function serviceClient({ fetch, timeouts, clock, retry: given }: ServiceOptions): HttpClient {
  return createHttpClient({ fetch, timeouts, clock, retry: { ...retry, ...given } });
}

/**
 * Asks a service and reads its answer. Everything that is asked of one may be asked twice: a second certificate,
 * timestamp or attempt to enter a log does no more than the first.
 *
 * Redirects lead to the same host or nowhere: what is sent holds a token, and the answer is expected of the service that
 * was chosen.
 *
 * @throws SigningError with the code of the request.
 */
export async function askService(client: HttpClient, request: ServiceRequest): Promise<ServiceAnswer> {
  const { policy, clock } = client;
  try {
    return await withRetry(() => askOnce(client, request), { policy, clock, signal: request.signal });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    throw failureOf(error, request);
  }
}

async function askOnce(client: HttpClient, request: ServiceRequest): Promise<ServiceAnswer> {
  const { url, method = 'POST', headers, authorize, content, expect = [200, 201], signal } = request;
  const exchange = await client.ask(url, {
    method,
    headers,
    authorize,
    signal,
    expect,
    repeatable: false,
    allowHost: (host) => host === url.host,
    ...(content === undefined ? {} : { body: () => content }),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of exchange.chunks()) {
    size += chunk.length;
    if (size > maximumBytes) throw failureAt(url, 'too-large', `answered with more than ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  const { status, headers: answered } = exchange.response;
  return { status, headers: answered, body: concatBytes(chunks, size) };
}

function failureOf(failure: HttpFailure, request: ServiceRequest): SigningError {
  const { name, code, url, secrets = [] } = request;
  const { status, retryable, kind } = failure;
  const message = withoutSecrets(failure.message, secrets);
  const words = withoutSecrets(wordsOf(failure.body), secrets);
  const said = words === '' ? '' : `, and says ${JSON.stringify(words)}`;
  // Where secrets were sent, what is below the failure may repeat them.
  const cause = secrets.length === 0 ? failure.cause : undefined;
  const refused = [400, 401, 403].includes(status ?? 0) && /token|credential/i.test(words);
  return new SigningError(refused ? 'ERR_IDENTITY_TOKEN' : code, `${name} failed: ${message}${said}`, {
    service: redactUrl(url),
    retryable,
    cause: new HttpFailure(kind, message, { status, retryable, cause }),
    details: status === undefined ? {} : { status },
  });
}

/** What the service says of its failure, where that is JSON with a message or a line of text. */
function wordsOf(body: Uint8Array | undefined): string {
  try {
    const text = fromUtf8(body ?? new Uint8Array());
    const words = text.trimStart().startsWith('{') ? memberOf(parseJson(text), 'message') : text;
    if (typeof words !== 'string' || words.includes('<')) return '';
    return words
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .trim()
      .slice(0, 300);
  } catch {
    // An answer that is no text says nothing.
    return '';
  }
}

/** The JSON that a service answered with. */
export function answeredJson(answer: ServiceAnswer, request: ServiceRequest): JsonValue {
  try {
    return parseJson(answer.body, { maxBytes: maximumBytes });
  } catch (cause) {
    throw answerError(request, 'is no JSON', request.secrets === undefined ? cause : undefined);
  }
}

/** A member of what may be no object at all. */
export function memberOf(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key))
      return undefined;
    found = (found as Readonly<Record<string, JsonValue>>)[key];
  }
  return found;
}

/** The error for an answer that is not believed. */
export function answerError({ name, code, url }: ServiceRequest, problem: string, cause?: unknown): SigningError {
  return new SigningError(code, `answer of the ${name} ${problem}`, {
    service: redactUrl(url),
    ...(cause === undefined ? {} : { cause }),
    hint: isPackError(cause) ? cause.hint : undefined,
  });
}

/** Runs a check of an answer: what it finds wrong is the service's fault. */
export async function believing<T>(request: ServiceRequest, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!isPackError(error) || error instanceof SigningError) throw error;
    throw answerError(request, `is not believed: ${error.message}`, error);
  }
}

/** A URL below the base URL of a service, wherever that ends. */
export function endpoint(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  url.search = '';
  return url;
}
