import { answering, asked, changed, readdressed, rewritingSuccess } from './answers.ts';
import { cutBody, flippedBody, shortBody } from './broken-bodies.ts';
import type { NextStep, QuirkCall, QuirkRule } from './quirk.ts';

const blobs = asked('GET', 'blob');

/** How registries hand out blobs. */
export const blobQuirks: readonly QuirkRule[] = [
  {
    name: 'short-read',
    summary: 'a download breaks off in the middle, unless it is of a range',
    seenOn: 'proxies with a limit of time, HTTP/2 resets',
    run: rewritingSuccess(blobs, (response) => (response.status === 206 ? response : cutInHalf(response))),
  },
  {
    name: 'short-read-in-silence',
    summary: 'a download ends in the middle as if that were all',
    seenOn: 'proxies that make chunks of what breaks off',
    run: rewritingSuccess(blobs, (response) => {
      const body = response.body === null ? null : shortBody(response.body, halfOf(response));
      return changed(response, { 'content-length': null, 'transfer-encoding': 'chunked' }, { body });
    }),
  },
  {
    name: 'range-ignored',
    summary: 'a download breaks off once, and a range is answered with all of it',
    seenOn: 'older registries, caches',
    run: cutOnce((call, next) => next(withoutRange(call))),
  },
  {
    name: 'range-wrong',
    summary: 'a download breaks off once, and a range is answered with another one',
    seenOn: 'caches with a fault',
    run: cutOnce(async (call, next) => {
      const response = await next(withoutRange(call));
      const length = response.headers.get('content-length') ?? '0';
      return changed(response, { 'content-range': `bytes 0-${Number(length) - 1}/${length}` }, { status: 206 });
    }),
  },
  {
    name: 'range-refused',
    summary: 'a download breaks off once, and a range is answered 416',
    seenOn: 'registries over stores without ranges',
    run: cutOnce(() => new Response(null, { status: 416 })),
  },
  {
    name: 'wrong-bytes',
    summary: 'content has one bit that is wrong',
    seenOn: 'disks, caches, an attacker',
    run: rewritingSuccess(asked('GET', 'blob', 'manifest'), (response) => {
      const at = Math.max(0, halfOf(response));
      return response.body === null ? response : changed(response, {}, { body: flippedBody(response.body, at) });
    }),
  },
];

function halfOf(response: Response): number {
  return Math.floor(Number(response.headers.get('content-length') ?? '2') / 2);
}

function cutInHalf(response: Response): Response {
  return response.body === null ? response : changed(response, {}, { body: cutBody(response.body, halfOf(response)) });
}

/** Cuts what is asked for as a whole, once for each blob; ranges are answered as the quirk wants. */
function cutOnce(range: (call: QuirkCall, next: NextStep) => Response | Promise<Response>): QuirkRule['run'] {
  return answering(blobs, async (call, next) => {
    if (call.request.headers.has('range')) return range(call, next);
    const response = await next();
    const seen = call.world.counts.get(call.url.pathname) ?? 0;
    call.world.counts.set(call.url.pathname, seen + 1);
    return seen === 0 && response.ok ? cutInHalf(response) : response;
  });
}

function withoutRange({ request, url }: QuirkCall): Request {
  return readdressed(request, url, { headers: { range: null, 'if-range': null } });
}
