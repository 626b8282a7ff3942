import { redactUrl } from './redact-url.ts';

/** What went wrong between us and a server. The adapters turn it into the error of their port. */
export type HttpFailureKind =
  /** No answer, or one that was cut. */
  | 'network'
  /** An answer that came too slowly. */
  | 'timeout'
  /** An answer with a status that was not asked for. */
  | 'status'
  /** A redirect that must not be followed. */
  | 'redirect'
  /** An answer that says something impossible, or something that must not be trusted. */
  | 'protocol'
  /** More bytes than the caller takes. */
  | 'too-large';

/** Facts about a failure. */
export interface HttpFailureOptions {
  readonly cause?: unknown;
  readonly retryable?: boolean | undefined;
  readonly status?: number | undefined;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The beginning of the server's own words, for whoever knows how to read them. */
  readonly body?: Uint8Array | undefined;
  readonly headers?: Headers | undefined;
  /** Where the answer came from, after redirects. */
  readonly url?: URL | undefined;
}

/** A failed exchange. Its message names the URL without user info and query. Never leaves the library unwrapped. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly body: Uint8Array | undefined;
  readonly headers: Headers | undefined;
  readonly url: URL | undefined;

  constructor(kind: HttpFailureKind, message: string, options: HttpFailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.body = options.body;
    this.headers = options.headers;
    this.url = options.url;
  }
}

/** A failure whose message begins with the URL. */
export function failureAt(url: URL, kind: HttpFailureKind, problem: string, options?: HttpFailureOptions): HttpFailure {
  return new HttpFailure(kind, `${redactUrl(url)} ${problem}`, options);
}

/** A URL that must not be asked, or that leads to one. */
export function unsafe(url: URL, problem: string): HttpFailure {
  return failureAt(url, 'redirect', problem);
}

/** The code of the lowest cause that has one: `ECONNREFUSED`, `UND_ERR_SOCKET`. */
export function networkCode(error: unknown): string | undefined {
  let found: string | undefined;
  let cause = error;
  for (let depth = 0; depth < 5 && cause instanceof Error; depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string') found = code;
    cause = cause.cause;
  }
  return found;
}
