import { exchange, type Exchange, type ExchangeContext } from './exchange.ts';
import { unsafe } from './http-failure.ts';

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
  const shared = (): Headers => unbound(request.headers);
  const userInfo = hasUserInfo(from) ? (await import('./user-info.ts')).userInfoOf(from) : undefined;
  let headers = merged(request.headers, userInfo, await request.authorize?.(url));
  for (let hops = 0; ; hops++) {
    checkHost(url, request);
    const answer = await exchange(url, initOf(request, headers), context, request);
    const { status, type } = answer.response;
    const location = redirects.includes(status) ? answer.response.headers.get('location') : null;
    if (type !== 'opaqueredirect' && location === null) return answer;
    await answer.discard();
    if (hops >= maxRedirects) throw unsafe(url, `redirects more than ${maxRedirects} times`);
    const { checkMethod, followUnseen, redirectUrl } = await import('./redirect.ts');
    if (location === null) {
      const init = { ...initOf(request, shared()), redirect: 'follow' } as const;
      const send = (): Promise<Exchange> => exchange(url, init, context, request);
      return await followUnseen(url, request.method, send, (end) => checkHost(end, request));
    }
    // User info in a redirect is the server's, not the caller's: it is not sent.
    const next = withoutUserInfo(redirectUrl(url, location));
    checkMethod(url, next, request.method, status);
    if (next.origin !== url.origin) headers = shared();
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

function hasUserInfo({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** Fetch takes no URL with user info, and would say it whole in its message. */
function withoutUserInfo(url: URL): URL {
  if (!hasUserInfo(url) && url.hash === '') return url;
  const clean = new URL(url);
  clean.username = '';
  clean.password = '';
  clean.hash = '';
  return clean;
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

function checkHost(url: URL, { allowHost }: HttpRequest): void {
  if (allowHost?.(url.host) === false) throw unsafe(url, 'is on a host that is not allowed');
}
