import { connectionError } from './broken-bodies.ts';

const maxRedirects = 20;
const redirects = [301, 302, 303, 307, 308];

/**
 * A handler of requests as a `fetch` that reaches it: a body of known length has `Content-Length`, an answer that is
 * compressed is read, redirects are followed as the request says and credentials left behind at another origin, an
 * abort ends the waiting, and a network error is a `TypeError`.
 */
export function asFetch(handle: (request: Request) => Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    let request = requestOf(input, init);
    for (let hop = 0; ; hop++) {
      const response = await answerTo(request, handle);
      const location = redirects.includes(response.status) ? response.headers.get('location') : null;
      if (location === null || request.redirect === 'manual') return decoded(response);
      await response.body?.cancel();
      if (request.redirect === 'error' || hop === maxRedirects) throw new TypeError('fetch failed');
      request = redirected(request, new URL(location, request.url), response.status);
    }
  };
}

function requestOf(input: string | URL | Request, init: RequestInit = {}): Request {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
  const length = lengthOf(init.body);
  if (length !== undefined) headers.set('content-length', String(length));
  return new Request(input, { ...init, headers });
}

function lengthOf(body: unknown): number | undefined {
  if (typeof body === 'string') return new TextEncoder().encode(body).length;
  if (body instanceof Blob) return body.size;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return undefined;
}

async function answerTo(request: Request, handle: (request: Request) => Promise<Response>): Promise<Response> {
  const { signal } = request;
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const response = await Promise.race([handle(request), aborted]);
    if (response.type === 'error') throw connectionError();
    return response;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function decoded(response: Response): Response {
  if (response.headers.get('content-encoding') !== 'gzip' || response.body === null) return response;
  const body = response.body.pipeThrough(new DecompressionStream('gzip'));
  return new Response(body, { status: response.status, headers: response.headers });
}

/** RFC 9110 15.4 and the fetch standard, "HTTP-redirect fetch". */
function redirected(request: Request, url: URL, status: number): Request {
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin) headers.delete('authorization');
  const asGet = status === 303 && request.method !== 'HEAD';
  if (!asGet && request.body !== null) throw new TypeError('fetch failed');
  const { signal, redirect } = request;
  return new Request(url, { method: asGet ? 'GET' : request.method, headers, signal, redirect });
}
