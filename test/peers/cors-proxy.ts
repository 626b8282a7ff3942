import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { listen, type Listening } from './listen.ts';

/** Where a proxy sends what it gets: to a port of the loopback, or to a socket in a file. */
export type ProxyTarget = { readonly port: number } | { readonly socketPath: string };

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': 'accept, content-type',
};

/** A proxy that lets every page read the answers of a server that has not heard of pages. */
export function startCorsProxy(target: ProxyTarget): Promise<Listening> {
  return listen((request, response) => {
    if (request.method === 'OPTIONS') response.writeHead(204, cors).end();
    else forward(target, request, response);
  });
}

function forward(target: ProxyTarget, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const onward = httpRequest({ host: '127.0.0.1', ...target, method, path: url, headers, agent: false });
  onward.on('response', (answer) => {
    const answered: OutgoingHttpHeaders = { ...answer.headers, ...cors };
    answer.pipe(response.writeHead(answer.statusCode ?? 502, answered));
  });
  onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502, cors).end()));
  request.pipe(onward);
}
