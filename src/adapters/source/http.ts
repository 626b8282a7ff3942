/**
 * The web as a source of artifacts.
 *
 * @module
 */
import { checkCount, checkOptions } from '../../bytes/check-options.ts';
import { chunksOf, streamFrom } from '../../bytes/stream.ts';
import { FormatError, SourceError } from '../../errors.ts';
import { download, type Download } from '../../http/download.ts';
import type { Exchange, Fetch, HttpTimeouts } from '../../http/exchange.ts';
import type { Authorize } from '../../http/follow.ts';
import { createHttpClient, type HttpClient } from '../../http/http-client.ts';
import { HttpFailure } from '../../http/http-failure.ts';
import { parseHttpUrl, redactUrl } from '../../http/redact-url.ts';
import type { HttpClock, RetryPolicy } from '../../http/retry.ts';
import type { SlotLimits } from '../../http/slots.ts';
import { startReport, type Report } from '../../ports/report.ts';
import type { Artifact, Source, SourceOptions } from '../../ports/source.ts';

export type { Authorize, Fetch, HttpClock, HttpTimeouts, RetryPolicy, SlotLimits };

/** How {@link httpSource} asks; everything has a default. */
export interface HttpSourceOptions {
  /** Names the source in errors and events; `http` by default. */
  readonly id?: string | undefined;
  /** The platform's by default. It must not decode bodies on its own, and not answer from a cache that nobody checks. */
  readonly fetch?: Fetch | undefined;
  /** Headers with credentials for a URL. Only that URL's origin sees them: a redirect to another one does not. */
  readonly authorize?: Authorize | undefined;
  /** Downloads under way: 16 in all, 8 with one origin. */
  readonly concurrency?: Partial<SlotLimits> | undefined;
  /** True never calls `fetch`. */
  readonly offline?: boolean | undefined;
  /** Hosts (with the port where it is not the usual one) that may be asked, and redirected to; any by default. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Seven attempts by default, up to 10 seconds apart, or as long as the server asks up to a minute. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** 30 seconds for an answer and between its parts; at least 1 KiB a second over a minute. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** Time and chance, so that a test can fix them. */
  readonly clock?: Partial<HttpClock> | undefined;
}

/**
 * Artifacts whose location is an http or https URL.
 *
 * A stream goes on after a cut, with a range where the server can. At most five redirects are followed, never from https
 * to http, never from a public name to a private address, and never with credentials to another origin. A body that was
 * encoded on its way, or is a web page, is refused. Nothing is checked against a digest: the caller does.
 *
 * @throws SourceError (from `open` and from its streams) `ERR_SOURCE_NOT_FOUND` for 404 and 410, so that another source
 * can be asked; `ERR_SOURCE_OFFLINE`; `ERR_SOURCE_UNAVAILABLE` for everything else. FormatError `ERR_LIMIT_EXCEEDED`
 * for more bytes than `maxBytes`. UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function httpSource(options: HttpSourceOptions = {}): Source {
  checkHttpOptions(options);
  const { id = 'http', offline = false } = options;
  const client = createHttpClient(options);
  return {
    id,
    async open(artifact, opening = {}) {
      const url = artifact.location === undefined ? undefined : parseHttpUrl(artifact.location);
      if (url === undefined) return undefined;
      opening.signal?.throwIfAborted();
      if (offline) throw offlineError(artifact, url);
      return await openUrl({ client, url, artifact, options }, opening);
    },
  };
}

interface Opening {
  readonly client: HttpClient;
  readonly url: URL;
  readonly artifact: Artifact;
  readonly options: HttpSourceOptions;
}

async function openUrl(what: Opening, opening: SourceOptions): Promise<ReadableStream<Uint8Array>> {
  const { artifact, url } = what;
  const report = startReport({ verb: 'read', name: artifact.name, total: artifact.size }, opening);
  try {
    const body = await begin(what, opening, report);
    return streamFrom((signal) => observed(body, what, report, signal));
  } catch (error) {
    const failure = sourceError(error, artifact, url);
    report.failed(failure);
    throw failure;
  }
}

function begin({ client, url, options }: Opening, opening: SourceOptions, report: Report): Promise<Download> {
  const { allowHosts, authorize } = options;
  return download(client, url, {
    signal: opening.signal,
    maxBytes: opening.maxBytes,
    authorize,
    allowHost: allowHosts === undefined ? undefined : (host) => allowHosts.includes(host),
    check: refuseHtml,
    onRetry: (failure, waitMs) => report.note('retry', `${failure.message}; again in ${Math.round(waitMs)} ms`),
  });
}

/** The bytes of a download, reported while they flow, with errors of the port. */
async function* observed(
  body: Download,
  { artifact, url }: Opening,
  report: Report,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(body.stream, { signal })) {
      bytes += chunk.length;
      report.progress(bytes);
      yield chunk;
    }
    report.done();
  } catch (error) {
    const failure = sourceError(error, artifact, url);
    report.failed(failure);
    throw failure;
  } finally {
    report.failed(new Error('the reader stopped'));
  }
}

/** A login page, a captive portal or an error page: where an archive is asked for, HTML is never it. */
function refuseHtml(answer: Exchange): void {
  const type = answer.response.headers.get('content-type') ?? '';
  if (!/^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(type)) return;
  throw new HttpFailure('protocol', `${redactUrl(answer.url)} answered with a web page`);
}

function sourceError(error: unknown, { name }: Artifact, url: URL): unknown {
  if (!(error instanceof HttpFailure)) return error;
  if (error.kind === 'too-large') {
    return new FormatError('ERR_LIMIT_EXCEEDED', `${name}: ${error.message}`, { cause: error });
  }
  const missing = error.status === 404 || error.status === 410;
  return new SourceError(
    missing ? 'ERR_SOURCE_NOT_FOUND' : 'ERR_SOURCE_UNAVAILABLE',
    `${name} could not be fetched: ${error.message}`,
    {
      cause: error,
      origin: redactUrl(url),
      hint: hintFor(error),
      retryable: error.retryable,
      ...(error.status === undefined ? {} : { status: error.status }),
    },
  );
}

function hintFor({ status, kind, message }: HttpFailure): string | undefined {
  if (status === 401 || status === 403) {
    return 'the host wants credentials, or other ones: check the token for it in .npmrc, or pass authorize';
  }
  if (status === 404 || status === 410)
    return 'the host has no such file: was the version removed, or is the host wrong?';
  if (status === 429) return 'the host asks for fewer requests: try again later, or lower the concurrency';
  if (status !== undefined && status >= 500) return 'the host has a fault of its own: try again later';
  if (message.endsWith('a web page')) return 'a proxy or a login page may stand in between: open the URL in a browser';
  if (kind === 'redirect')
    return 'the host sends us where we do not go: use the URL that it leads to, if it can be trusted';
  if (kind === 'network' || kind === 'timeout') return 'check the connection, the proxy and the host, then try again';
  return undefined;
}

function offlineError({ name }: Artifact, url: URL): SourceError {
  return new SourceError('ERR_SOURCE_OFFLINE', `${name} is not here, and the network must not be used`, {
    origin: redactUrl(url),
    hint: 'run once without the offline option, or put it into a cache first',
  });
}

const known = ['id', 'fetch', 'authorize', 'concurrency', 'offline', 'allowHosts', 'retry', 'timeouts', 'clock'];

function checkHttpOptions(options: HttpSourceOptions): void {
  checkOptions('httpSource', options, known);
  const { concurrency = {}, retry = {}, timeouts = {}, clock = {} } = options;
  checkOptions('concurrency', concurrency, ['total', 'perOrigin']);
  checkOptions('retry', retry, ['attempts', 'baseMs', 'capMs', 'maxRetryAfterMs']);
  checkOptions('timeouts', timeouts, ['headersMs', 'answerMs', 'idleMs', 'rateWindowMs', 'minBytesPerSecond']);
  checkOptions('clock', clock, ['now', 'sleep', 'random']);
  checkCount('total', concurrency.total, 1);
  checkCount('perOrigin', concurrency.perOrigin, 1);
  checkCount('attempts', retry.attempts, 1);
}
