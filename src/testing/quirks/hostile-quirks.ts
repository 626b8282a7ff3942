import { mediaTypes } from '../../oci/media-types.ts';
import { answering, asked, changed, rewriting, rewritingSuccess, type QuirkFilter } from './answers.ts';
import { endlessBody } from './broken-bodies.ts';
import { countUp, type QuirkCall, type QuirkRule, type QuirkStep } from './quirk.ts';

const manifests = asked('GET', 'manifest');
const blobs = asked('GET', 'blob');
const lists = asked('GET', 'tags', 'catalog');
const referrers = asked('GET', 'referrers');
const tokens: QuirkFilter = ({ url }) => url.pathname === '/token';
const metadataService = 'http://169.254.169.254';
const attacker = 'an attacker';

/** What a registry does that means ill. Nothing of it may lead a secret elsewhere, or fill the memory. */
export const hostileQuirks: readonly QuirkRule[] = [
  {
    name: 'location-evil',
    summary: 'an upload is sent to another host, which says that everything is well',
    seenOn: `${attacker} (GHSA-jxpm-75mh-9fp7)`,
    auth: 'token',
    run: locating(({ world }) => `${world.evilOrigin}/upload`),
  },
  {
    name: 'location-private',
    summary: 'an upload is sent to an address of a private network',
    seenOn: attacker,
    run: locating(() => `${metadataService}/upload`),
  },
  {
    name: 'location-of-nonsense',
    summary: 'Location is no address',
    seenOn: 'proxies with a fault',
    run: locating(() => 'http://[::1'),
  },
  {
    name: 'location-missing',
    summary: 'an upload begins, and nobody says where',
    seenOn: 'registries behind proxies',
    run: rewriting(asked('POST', 'uploads'), (response) => changed(response, { location: null })),
  },
  {
    name: 'redirect-evil',
    summary: 'blobs and manifests are sent to another host, which has other bytes',
    seenOn: attacker,
    auth: 'token',
    run: redirecting(({ world, url }) => `${world.evilOrigin}${url.pathname}`),
  },
  {
    name: 'redirect-private',
    summary: 'blobs and manifests are sent to an address of a private network',
    seenOn: `${attacker} (go-containerregistry 2243)`,
    run: redirecting(({ url }) => `${metadataService}${url.pathname}`),
  },
  {
    name: 'redirect-loop',
    summary: 'blobs and manifests are sent round in a circle',
    seenOn: 'proxies with a fault',
    run: redirecting(({ url }) => url.href),
  },
  {
    name: 'redirect-endless',
    summary: 'blobs and manifests are sent on and on',
    seenOn: attacker,
    run: redirecting(({ url, world }) => `${url.origin}${url.pathname}?hop=${countUp(world, 'hop')}`),
  },
  {
    name: 'redirect-login',
    summary: 'every question is sent to a login page',
    seenOn: 'captive portals, web servers that are no registries',
    run: answering(
      ({ url, world }) => url.origin !== world.storageOrigin,
      ({ world }) => Response.redirect(`${world.storageOrigin}/login`, 302),
    ),
  },
  {
    name: 'realm-private',
    summary: 'passwords are asked for by an address of a private network',
    seenOn: `${attacker} (GHSA-xf85-363p-868w)`,
    auth: 'token',
    run: realm(() => `${metadataService}/token`),
  },
  {
    name: 'realm-http',
    summary: 'passwords are asked for over http by a registry that is asked over https',
    seenOn: `${attacker} (CVE-2019-10214)`,
    auth: 'token',
    run: realm(({ world }) => `${world.evilOrigin.replace(/^https:/, 'http:')}/token`),
  },
  {
    name: 'realm-of-nonsense',
    summary: 'the realm is no address',
    seenOn: 'registries with a fault',
    auth: 'token',
    run: realm(() => 'http://[::1'),
  },
  {
    name: 'endless-manifest',
    summary: 'a manifest never ends',
    seenOn: attacker,
    run: answering(manifests, () => endless(mediaTypes.imageManifest, '{"schemaVersion":2,"x":"', 'x')),
  },
  {
    name: 'endless-blob',
    summary: 'a blob never ends',
    seenOn: attacker,
    run: answering(blobs, () => endless('application/octet-stream', 'x', 'x')),
  },
  {
    name: 'endless-list',
    summary: 'a list of names never ends',
    seenOn: attacker,
    run: answering(lists, () => endless('application/json', '{"tags":["a"', ',"b"')),
  },
  {
    name: 'endless-referrers',
    summary: 'a list of referrers never ends',
    seenOn: attacker,
    run: answering(referrers, () => endless(mediaTypes.imageIndex, '{"schemaVersion":2,"manifests":[{}', ',{}')),
  },
  {
    name: 'endless-error',
    summary: 'every answer is an error whose body never ends',
    seenOn: attacker,
    run: answering(
      ({ url, request }) => url.pathname.startsWith('/v2/') && request.method !== 'HEAD',
      () => changed(endless('application/json', '{"errors":[{"code":"DENIED"}', ',{}'), {}, { status: 403 }),
    ),
  },
  {
    name: 'endless-token',
    summary: 'the answer of the token server never ends',
    seenOn: attacker,
    auth: 'token',
    run: answering(tokens, () => endless('application/json', '{"token":"', 't')),
  },
  {
    name: 'huge-token',
    summary: 'a token has a megabyte',
    seenOn: attacker,
    auth: 'token',
    run: answering(tokens, () => Response.json({ token: 't'.repeat(1_000_000) })),
  },
  {
    name: 'huge-headers',
    summary: 'every answer has headers of a megabyte',
    seenOn: attacker,
    run: rewriting(
      () => true,
      (response) => changed(response, { 'docker-content-digest': 'x'.repeat(500_000), warning: 'x'.repeat(500_000) }),
    ),
  },
  {
    name: 'deep-json',
    summary: 'documents are nested a hundred thousand deep',
    seenOn: attacker,
    run: rewritingSuccess(asked('GET', 'manifest', 'referrers', 'tags', 'catalog'), (response) =>
      changed(response, { 'content-length': null }, { body: '['.repeat(100_000) }),
    ),
  },
];

function locating(address: (call: QuirkCall) => string): QuirkStep {
  return rewriting(asked('POST PATCH', 'uploads', 'upload'), (response, call) =>
    response.headers.has('location') ? changed(response, { location: address(call) }) : response,
  );
}

function redirecting(address: (call: QuirkCall) => string): QuirkStep {
  return rewritingSuccess(asked('GET HEAD', 'blob', 'manifest'), async (response, call) => {
    await response.body?.cancel();
    return new Response(null, { status: 307, headers: { location: address(call) } });
  });
}

function realm(address: (call: QuirkCall) => string): QuirkStep {
  return rewriting(
    () => true,
    (response, call) => {
      const challenge = response.headers.get('www-authenticate');
      if (challenge === null) return response;
      return changed(response, { 'www-authenticate': challenge.replace(/realm="[^"]*"/, `realm="${address(call)}"`) });
    },
  );
}

function endless(type: string, head: string, piece: string): Response {
  return new Response(endlessBody(head, piece), { headers: { 'content-type': type } });
}
