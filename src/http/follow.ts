import { toBase64, utf8 } from '../bytes/encoding.ts';
import { exchange, type Exchange, type ExchangeContext } from './exchange.ts';
import { HttpFailure } from './http-failure.ts';
import { isPrivateHost } from './private-host.ts';
import { parseHttpUrl, redactUrl } from './redact-url.ts';

/** What to ask for. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Makes the body, once for every time that it is sent. */
  readonly body?: (() => BodyInit) | undefined;
  /**
   * Headers for an origin that only that origin may see. Asked once, for the URL of the request; not sent any more as
   * soon as a redirect leads to another origin, and another port or scheme is another origin.
   */
  readonly authorize?: Authorize | undefined;
  /** Says no to a host, also to one that a redirect leads to. */
  readonly allowHost?: ((host: string) => boolean) | undefined;
  /** The head of the answer may take long, as where a registry hashes what it was sent. */
  readonly patient?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Headers with credentials for a URL; undefined for none. */
export type Authorize = (
  url: URL,
) => Readonly<Record<string, string>> | undefined | Promise<Readonly<Record<string, string>> | undefined>;

const maxRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
/** Redirects that keep the method and the body (RFC 9110 sections 15.4.8 and 15.4.9). */
const keeping = [307, 308];
/** Headers that are meant for the origin that they were made for. */
const bound = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * Makes a request and follows its redirects by hand, so that each is looked at: at most five, from https only to https,
 * from a public name to no private address, with credentials only as long as the origin stays.
 *
 * A browser shows no redirect to a program. There the request is made again without credentials, the browser follows,
 * and the URL that it ended at is looked at.
 */
export async function follow(from: URL, request: HttpRequest, context: ExchangeContext): Promise<Exchange> {
  let url = withoutUserInfo(from);
  const shared = unbound(request.headers);
  let headers = merged(request.headers, userInfoOf(from), await request.authorize?.(url));
  for (let hops = 0; ; hops++) {
    checkHost(url, request);
    const answer = await exchange(url, initOf(request, headers), context, request);
    if (answer.response.type === 'opaqueredirect') return await followUnseen(answer, request, shared, context);
    const next = redirectOf(answer);
    if (next === undefined) return answer;
    await answer.discard();
    if (hops >= maxRedirects) throw unsafe(url, `redirects more than ${maxRedirects} times`);
    checkRedirect(url, next);
    checkMethod(url, next, request, answer.response.status);
    if (next.origin !== url.origin) headers = shared;
    url = next;
  }
}

/** Headers, each set taking the place of what has its name in the sets before. */
function merged(...sets: readonly HttpRequest['headers'][]): Headers {
  const headers = new Headers();
  for (const set of sets) for (const [name, value] of Object.entries(set ?? {})) headers.set(name, value);
  return headers;
}

function unbound(headers: HttpRequest['headers']): Headers {
  const rest = new Headers(headers);
  for (const name of bound) rest.delete(name);
  return rest;
}

/** Fetch takes no URL with user info, and would say it whole in its message. */
function withoutUserInfo(url: URL): URL {
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  clean.hash = '';
  return clean;
}

function userInfoOf(url: URL): Record<string, string> | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  return { authorization: `Basic ${toBase64(utf8(pair))}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function initOf({ method = 'GET', body }: HttpRequest, headers: Headers): RequestInit {
  const content = body?.();
  return {
    method,
    headers,
    redirect: 'manual',
    // Cookies of a page are not ours to send. workerd knows no cookies, and refuses the option.
    ...('credentials' in Request.prototype ? { credentials: 'omit' as const } : {}),
    ...(content === undefined ? {} : { body: content }),
  };
}

/** Where an answer redirects to; undefined where it does not. */
function redirectOf({ url, response }: Exchange): URL | undefined {
  const location = response.headers.get('location');
  if (!redirects.includes(response.status) || location === null) return undefined;
  const next = URL.canParse(location, url) ? parseHttpUrl(new URL(location, url).href) : undefined;
  if (next === undefined) throw unsafe(url, 'redirects to something that is no http or https URL');
  // User info in a redirect is the server's, not the caller's: it is not sent.
  return withoutUserInfo(next);
}

/** An address that is refused is named by its origin only: what stands behind that may repeat what we sent. */
function checkRedirect(url: URL, next: URL): void {
  if (url.protocol === 'https:' && next.protocol !== 'https:')
    throw unsafe(url, `redirects from https to ${next.origin}`);
  if (isPrivateHost(next.hostname) && !isPrivateHost(url.hostname)) {
    throw unsafe(url, `redirects to the private address ${next.origin}`);
  }
}

/** What changes something is sent on only where the redirect says that it stays what it is. */
function checkMethod(url: URL, next: URL, { method = 'GET' }: HttpRequest, status?: number): void {
  if (method === 'GET' || method === 'HEAD' || (status !== undefined && keeping.includes(status))) return;
  throw unsafe(url, `redirects a ${method} to ${next.origin}`);
}

function checkHost(url: URL, { allowHost }: HttpRequest): void {
  if (allowHost?.(url.host) === false) throw unsafe(url, 'is on a host that is not allowed');
}

async function followUnseen(
  first: Exchange,
  request: HttpRequest,
  headers: Headers,
  context: ExchangeContext,
): Promise<Exchange> {
  await first.discard();
  checkMethod(first.url, first.url, request);
  const init: RequestInit = { ...initOf(request, headers), redirect: 'follow' };
  const answer = await exchange(first.url, init, context, request);
  const end = parseHttpUrl(answer.response.url) ?? first.url;
  try {
    checkRedirect(first.url, end);
    checkHost(end, request);
  } catch (error) {
    await answer.discard();
    throw error;
  }
  return { ...answer, url: end };
}

function unsafe(url: URL, problem: string): HttpFailure {
  return new HttpFailure('redirect', `${redactUrl(url)} ${problem}`);
}
