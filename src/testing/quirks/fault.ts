import { changed, readdressed, refused } from './answers.ts';
import { cutBody, flippedBody, stalledBody, untilAborted } from './broken-bodies.ts';
import { digestOf } from '../../digest/digest.ts';
import { ConnectionLost, type NextStep, type QuirkCall, type QuirkStep } from './quirk.ts';

/** What can go wrong with one request. */
export type FaultKind =
  /** The connection is closed before anything is done. */
  | 'reset'
  /** What was asked for is done, and the connection closed before the answer. */
  | 'answer-lost'
  /** Half of what the request brings arrives. */
  | 'request-cut'
  /** Half of the answer comes. */
  | 'cut'
  /** Half of the answer comes, and then nothing more. */
  | 'stall'
  /** No answer comes. */
  | 'hang'
  /** The answer comes late. */
  | 'slow'
  /** One bit of the answer is wrong. */
  | 'wrong-bytes'
  | 'wrong-digest-header'
  | 'error-500'
  | 'error-502'
  | 'error-503'
  /** 429 that says when to come again: in a second. */
  | 'rate-limited'
  /** The same, as a date. */
  | 'rate-limited-date'
  /** Every token that was given is worthless from now on. */
  | 'expired-token'
  /** Sent to a host that means ill. */
  | 'evil-redirect';

/** Every fault. */
export const faultKinds: readonly FaultKind[] = [
  'reset',
  'answer-lost',
  'request-cut',
  'cut',
  'stall',
  'hang',
  'slow',
  'wrong-bytes',
  'wrong-digest-header',
  'error-500',
  'error-502',
  'error-503',
  'rate-limited',
  'rate-limited-date',
  'expired-token',
  'evil-redirect',
];

/** Faults by their kind. */
export const faults: Readonly<Record<FaultKind, QuirkStep>> = {
  reset: async ({ request }) => {
    await request.body?.cancel();
    throw new ConnectionLost();
  },
  'answer-lost': async (_call, next) => {
    const response = await next();
    await response.body?.cancel();
    throw new ConnectionLost();
  },
  'request-cut': async (call, next) => {
    await next(withHalfOfBody(call)).catch(() => undefined);
    throw new ConnectionLost();
  },
  cut: async (_call, next) => {
    const response = await next();
    if (response.body === null) throw new ConnectionLost();
    return changed(response, {}, { body: cutBody(response.body, halfOf(response)) });
  },
  stall: async ({ request }, next) => {
    const response = await next();
    if (response.body === null) return hang(request);
    return changed(response, {}, { body: stalledBody(response.body, halfOf(response), request.signal) });
  },
  hang: ({ request }) => hang(request),
  slow: async ({ world, request }, next) => {
    await new Promise((resolve) => setTimeout(resolve, world.sizes.slowness));
    request.signal.throwIfAborted();
    return next();
  },
  'wrong-bytes': async (_call, next) => {
    const response = await next();
    return response.body === null
      ? response
      : changed(response, {}, { body: flippedBody(response.body, halfOf(response)) });
  },
  'wrong-digest-header': async (_call, next) => {
    const wrong = digestOf(new Uint8Array([1]));
    const response = await next();
    return response.headers.has('docker-content-digest')
      ? changed(response, { 'docker-content-digest': wrong })
      : response;
  },
  'error-500': unread(() => refused(500, 'UNKNOWN', 'unknown error')),
  'error-502': unread(() => new Response('<html><h1>502 Bad Gateway</h1>', html502)),
  'error-503': unread(() => refused(503, 'UNAVAILABLE', 'service unavailable')),
  'rate-limited': unread(() => refused(429, 'TOOMANYREQUESTS', 'too many requests', { 'retry-after': '1' })),
  'rate-limited-date': unread(({ world }) => {
    const at = new Date(world.clock() + 1000).toUTCString();
    return refused(429, 'TOOMANYREQUESTS', 'too many requests', { 'retry-after': at });
  }),
  'expired-token': ({ world }, next) => {
    world.tokens.revoke();
    return next();
  },
  'evil-redirect': unread(({ world, url }) => Response.redirect(`${world.evilOrigin}${url.pathname}`, 307)),
};

const html502 = { status: 502, headers: { 'content-type': 'text/html' } };

function unread(answer: (call: QuirkCall) => Response): (call: QuirkCall, next: NextStep) => Promise<Response> {
  return async (call) => {
    await call.request.body?.cancel();
    return answer(call);
  };
}

async function hang({ signal }: Request): Promise<Response> {
  await untilAborted(signal);
  throw new ConnectionLost();
}

function halfOf(response: Response): number {
  return Math.floor(Number(response.headers.get('content-length') ?? '2') / 2);
}

function withHalfOfBody({ request, url }: QuirkCall): Request {
  if (request.body === null) return request;
  const half = Math.floor(Number(request.headers.get('content-length') ?? '2') / 2);
  return readdressed(request, url, { body: cutBody(request.body, half) });
}
