import type { Exchange } from './exchange.ts';
import { unsafe } from './http-failure.ts';
import { isPrivateHost } from './private-host.ts';
import { parseHttpUrl } from './redact-url.ts';

/** Redirects that keep the method and the body (RFC 9110 sections 15.4.8 and 15.4.9). */
const keeping = [307, 308];

/** Where a redirect leads to, if it may. */
export function redirectUrl(from: URL, location: string): URL {
  const url = URL.canParse(location, from) ? parseHttpUrl(new URL(location, from).href) : undefined;
  if (url === undefined) throw unsafe(from, 'redirects to something that is no http or https URL');
  checkRedirect(from, url);
  return url;
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
export function checkMethod(url: URL, next: URL, method = 'GET', status?: number): void {
  if (method === 'GET' || method === 'HEAD' || (status !== undefined && keeping.includes(status))) return;
  throw unsafe(url, `redirects a ${method} to ${next.origin}`);
}

/** Lets the platform follow, which shows no redirect, and looks at where it ended. */
export async function followUnseen(
  from: URL,
  method: string | undefined,
  send: () => Promise<Exchange>,
  check: (end: URL) => void,
): Promise<Exchange> {
  checkMethod(from, from, method);
  const answer = await send();
  const end = parseHttpUrl(answer.response.url) ?? from;
  try {
    checkRedirect(from, end);
    check(end);
  } catch (error) {
    await answer.discard();
    throw error;
  }
  return { ...answer, url: end };
}
