import { checkOptions } from '../../../bytes/check-options.ts';
import { readAll } from '../../../bytes/stream.ts';
import { TrustError, UsageError } from '../../../errors.ts';
import { download } from '../../../http/download.ts';
import type { Fetch, HttpTimeouts } from '../../../http/exchange.ts';
import type { Authorize } from '../../../http/follow.ts';
import { createHttpClient, type HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import { parseHttpUrl } from '../../../http/redact-url.ts';
import type { HttpClock, RetryPolicy } from '../../../http/retry.ts';
import { tooLarge, type MirrorOptions, type TufMirror } from './mirror.ts';

/** How {@link httpMirror} asks; everything has a default. */
export interface HttpMirrorOptions {
  /** The platform's by default. */
  readonly fetch?: Fetch | undefined;
  /** Headers with credentials for a URL. Only that URL's origin sees them. */
  readonly authorize?: Authorize | undefined;
  /** Seven attempts by default, up to 10 seconds apart. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 30 seconds for an answer and between its parts; at least 1 KiB a second over a minute. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** Time and chance, so that a test can fix them. */
  readonly clock?: Partial<HttpClock> | undefined;
}

/** Answers that mean that there is no such file; stores of objects say 403 to whoever may not list them. */
const absent = [403, 404, 410];

/**
 * A mirror on the web. At most five redirects are followed, never from https to http, and never from a public name to
 * a private address. Reading stops at the first byte too many.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no http or https URL, and for unknown options. From the mirror:
 * TrustError `ERR_TUF_UNAVAILABLE`; FormatError `ERR_LIMIT_EXCEEDED`.
 */
export function httpMirror(url: string | URL, options: HttpMirrorOptions = {}): TufMirror {
  checkOptions('httpMirror', options, ['fetch', 'authorize', 'retry', 'timeouts', 'clock']);
  const base = parseHttpUrl(String(url));
  if (base === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'url of a mirror is not an http or https URL', { argument: 'url' });
  }
  const client = createHttpClient(options);
  return (path, asked) => ask(client, below(base, path), options.authorize, asked);
}

/** The path is put behind the folder, not resolved against it: whatever it says, it stays below. */
function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}/${path}`;
  return url;
}

async function ask(
  client: HttpClient,
  url: URL,
  authorize: Authorize | undefined,
  { maxBytes, signal }: MirrorOptions,
): Promise<Uint8Array | undefined> {
  try {
    const { stream } = await download(client, url, { authorize, maxBytes, signal });
    return await readAll(stream, { limit: maxBytes, signal });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (error.status !== undefined && absent.includes(error.status)) return undefined;
    if (error.kind === 'too-large') throw tooLarge(url.pathname, maxBytes);
    throw new TrustError('ERR_TUF_UNAVAILABLE', `mirror cannot be asked: ${error.message}`, {
      cause: error,
      hint: 'check the connection, the proxy and the host, then try again',
      retryable: error.retryable,
    });
  }
}
