import { answering, asked, changed, refused, rewriting } from './answers.ts';
import { countUp, type QuirkCall, type QuirkRule } from './quirk.ts';

const uploads = asked('POST PATCH PUT GET', 'uploads', 'upload');
const blobs = asked('GET', 'blob');

/** Where registries say that things are. */
export const addressQuirks: readonly QuirkRule[] = [
  {
    name: 'location-absolute',
    summary: 'Location is a whole address',
    seenOn: 'distribution, unless told otherwise',
    run: relocating((url) => url.href),
  },
  {
    name: 'location-relative',
    summary: 'Location is relative to what was asked',
    seenOn: 'what the specification allows',
    run: relocating((url, { url: from }) => relativeTo(url, from)),
  },
  {
    name: 'location-http-behind-tls',
    summary: 'Location says http, as a proxy ended TLS before the registry',
    seenOn: 'registries behind proxies',
    run: relocating((url) => url.href.replace(/^https:/, 'http:')),
  },
  {
    name: 'location-with-default-port',
    summary: 'Location names the port that everybody leaves out',
    seenOn: 'registries behind proxies (oras-go 177)',
    run: relocating((url) => {
      const port = url.port === '' ? (url.protocol === 'https:' ? ':443' : ':80') : `:${url.port}`;
      return `${url.protocol}//${url.hostname}${port}${url.pathname}${url.search}`;
    }),
  },
  {
    name: 'location-critical-query',
    summary: 'Location has a query that must come back as it is, and is another one after each part',
    seenOn: 'distribution (_state)',
    run: async (call, next) => {
      if (!uploads(call)) return next();
      if (call.route?.kind === 'upload' && !hasState(call))
        return refused(400, 'BLOB_UPLOAD_INVALID', 'state is wrong');
      const response = await next();
      return relocate(response, call, (url) => `${url.pathname}${nextState(call, url)}`);
    },
  },
  {
    name: 'location-other-host',
    summary: 'Location leads to another host, which refuses who sends it a credential',
    seenOn: 'what the specification allows',
    run: relocating((url, { world }) => `${world.storageOrigin}${url.pathname}?signature=abc%2F%3D`),
  },
  {
    name: 'blob-redirect',
    summary: 'blobs are at another host, which refuses who sends it a credential',
    seenOn: 'Docker Hub, ECR, GHCR, Quay and others on S3, GCS or Azure',
    run: answering(blobs, async ({ url, world }, next) => {
      const response = await next();
      if (response.status >= 400) return response;
      await response.body?.cancel();
      const headers = { location: `${world.storageOrigin}${url.pathname}?signature=abc%2F%3D` };
      return new Response(null, { status: 307, headers });
    }),
  },
];

function relocating(address: (url: URL, call: QuirkCall) => string): QuirkRule['run'] {
  return rewriting(uploads, (response, call) => relocate(response, call, (url) => address(url, call)));
}

function relocate(response: Response, { url }: QuirkCall, address: (url: URL) => string): Response {
  const location = response.headers.get('location');
  // The address of the finished blob leads nowhere else.
  if (location === null || !location.includes('/uploads/')) return response;
  return changed(response, { location: address(new URL(location, url)) });
}

function relativeTo(url: URL, from: URL): string {
  const folder = from.pathname.slice(0, from.pathname.lastIndexOf('/') + 1);
  const path = url.pathname.startsWith(folder) ? url.pathname.slice(folder.length) : url.pathname;
  return `${path}${url.search}`;
}

const stateOf = (count: number): string => `?_state=a%2Bb+c-${count}%3D&&x`;

function nextState({ world }: QuirkCall, url: URL): string {
  return stateOf(countUp(world, `state ${url.pathname}`));
}

function hasState({ url, world }: QuirkCall): boolean {
  return url.search.startsWith(stateOf(world.counts.get(`state ${url.pathname}`) ?? 0));
}
