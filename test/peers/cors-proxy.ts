import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen, type Listening } from './listen.ts';

/** Where a proxy sends what it gets: to a port of the loopback, or to a socket in a file. */
export type ProxyTarget = { readonly port: number } | { readonly socketPath: string };

const origin = { 'access-control-allow-origin': '*' };
const cors = {
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': 'accept, content-type',
};

/** A proxy that lets every page read the answers of a server that has not heard of pages. */
export function startCorsProxy(target: ProxyTarget, allowed: OutgoingHttpHeaders = cors): Promise<Listening> {
  const headers = { ...origin, ...allowed };
  return listen((request, response) => {
    if (request.method === 'OPTIONS') response.writeHead(204, headers).end();
    else void forward(target, request, response, headers);
  });
}

/**
 * Both bodies go on in one piece. Where they came in several, timestamp-server now and then closed its socket before it
 * had read the second, and cosign, which does not try that again, failed.
 */
async function forward(
  target: ProxyTarget,
  request: IncomingMessage,
  response: ServerResponse,
  allowed: OutgoingHttpHeaders,
): Promise<void> {
  const { method, url, headers } = request;
  try {
    const body = await buffer(request);
    const onward = httpRequest({ host: '127.0.0.1', ...target, method, path: url, headers, agent: false });
    // One that comes after the answer is of no interest.
    onward.on('error', () => undefined).end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const answered: OutgoingHttpHeaders = { ...answer.headers, ...allowed };
    const content = await buffer(answer);
    response.writeHead(answer.statusCode ?? 502, answered).end(content);
  } catch {
    response.writeHead(502, allowed).end();
  }
}
