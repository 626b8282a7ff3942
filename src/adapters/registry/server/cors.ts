import { Refusal } from './refusal.ts';
import type { ServerSettings } from './settings.ts';

const exposed = [
  'Content-Length',
  'Content-Range',
  'Docker-Content-Digest',
  'ETag',
  'Link',
  'Location',
  'OCI-Chunk-Min-Length',
  'OCI-Filters-Applied',
  'OCI-Subject',
  'OCI-Tag',
  'Range',
  'Retry-After',
  'WWW-Authenticate',
  'Warning',
].join(', ');
const accepted =
  'Accept, Authorization, Content-Range, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, Range';
const reading = ['GET', 'HEAD', 'OPTIONS'];
const writing = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** True for the question that a browser asks before a request of a page. It never has credentials. */
export function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
}

/** The answer to a preflight. Asked for more than it may, a page is told what it may, and the browser refuses the rest. */
export function preflightAnswer(request: Request, settings: ServerSettings): Response {
  const methods = mayWrite(request, settings) ? [...reading, ...writing] : reading;
  return new Response(null, {
    status: 204,
    headers:
      settings.cors === undefined
        ? {}
        : {
            'access-control-allow-origin': '*',
            'access-control-allow-methods': methods.join(', '),
            'access-control-allow-headers': accepted,
            'access-control-max-age': '600',
            vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
          },
  });
}

/**
 * Refuses a write that a page of an origin sends which is not named: browsers send some without asking first.
 *
 * @throws Refusal 403.
 */
export function checkOrigin(request: Request, settings: ServerSettings): void {
  if (reading.includes(request.method) || mayWrite(request, settings)) return;
  throw new Refusal(403, 'DENIED', 'pages of this origin may only read (CORS)');
}

function mayWrite(request: Request, { cors }: ServerSettings): boolean {
  const origin = request.headers.get('origin');
  return origin === null || cors?.origins.includes(origin) === true;
}

/** Lets pages read an answer, and the headers that a registry speaks by. Cookies are never asked for. */
export function withCors(response: Response, settings: ServerSettings): Response {
  if (settings.cors === undefined) return response;
  response.headers.set('access-control-allow-origin', '*');
  response.headers.set('access-control-expose-headers', exposed);
  return response;
}
