import { answering, changed, readdressed, refused, rewriting, type QuirkFilter } from './answers.ts';
import { signature, type QuirkRule, type QuirkStep } from './quirk.ts';
import type { TokenManner } from './token-server.ts';

const tokens: QuirkFilter = ({ url }) => url.pathname === '/token';
const challenged: QuirkFilter = () => true;
const readable = ['manifest', 'blob', 'tags', 'referrers'];

/** How registries ask who is there, and how token servers answer. */
export const authQuirks: readonly QuirkRule[] = [
  {
    name: 'challenge-with-403',
    summary: 'who has no token is answered 403 in place of 401, with the challenge',
    seenOn: 'registries that devcontainers/cli makes allowance for',
    auth: 'token',
    run: rewriting(challenged, (response) =>
      response.status === 401 && response.headers.has('www-authenticate')
        ? changed(response, {}, { status: 403 })
        : response,
    ),
  },
  {
    name: 'two-challenges',
    summary: 'one header has two challenges, Basic and Bearer',
    seenOn: 'what RFC 9110 allows',
    auth: 'token',
    run: challengeOf((challenge) => `Basic realm="a, b", ${challenge}`),
  },
  {
    name: 'challenge-in-odd-writing',
    summary: 'the challenge has other letters, blanks and escapes than the usual ones',
    seenOn: 'what RFC 9110 allows',
    auth: 'token',
    run: challengeOf((challenge) => challenge.replace('Bearer realm=', 'bEARER  Realm = ').replace(/,/g, ' ,\t')),
  },
  {
    name: 'challenge-without-scope',
    summary: 'the challenge names no scope',
    seenOn: 'registries where the scope follows from the path',
    auth: 'token',
    run: challengeOf((challenge) => challenge.replace(/,scope="[^"]*"/, '')),
  },
  {
    name: 'ping-without-challenge',
    summary: 'everybody may ask for /v2/, and only what is behind it asks for a token',
    seenOn: 'registries that everybody may read',
    auth: 'token',
    run: answering(
      ({ route }) => route?.kind === 'ping',
      () => Response.json({}),
    ),
  },
  {
    name: 'challenge-only-on-ping',
    summary: 'only /v2/ says how to prove who one is; everything else is answered 401 and nothing more',
    seenOn: 'registries that want to be asked for /v2/ first (jkube 3709)',
    auth: 'token',
    run: rewriting(
      ({ route }) => route?.kind !== 'ping',
      (response) => changed(response, { 'www-authenticate': null }),
    ),
  },
  {
    name: 'anonymous-pull',
    summary: 'everybody may read, and only who writes has to prove who he is',
    seenOn: 'the public gallery of ECR, most public registries',
    auth: 'token',
    run: ({ request, url, route }, next) =>
      route !== undefined && readable.includes(route.kind) && ['GET', 'HEAD'].includes(request.method)
        ? next(readdressed(request, url, { headers: { authorization: signature } }))
        : next(),
  },
  {
    name: 'push-scope-needs-pull',
    summary: 'a token for push alone allows nothing: pull has to be asked for as well',
    seenOn: 'Harbor (harbor 5777)',
    auth: 'token',
    run: ({ request, url }, next) => {
      if (url.pathname !== '/token') return next();
      const both = new URL(url);
      both.search = decodeURIComponent(url.search).replace(/scope=repository:[^:&]+:push(?=&|$)/g, 'scope=none');
      return next(readdressed(request, both));
    },
  },
  {
    name: 'realm-relative',
    summary: 'the realm is relative to what was asked',
    seenOn: 'registries that regclient makes allowance for since 2025',
    auth: 'token',
    run: challengeOf((challenge) => challenge.replace(/realm="[^"]*"/, 'realm="/token"')),
  },
  {
    name: 'realm-other-host',
    summary: 'tokens are given at another host',
    seenOn: 'Docker Hub, GitLab',
    auth: 'token',
    run: challengeOf((challenge, { world }) =>
      challenge.replace(/realm="[^"]*"/, `realm="${world.storageOrigin}/token"`),
    ),
  },
  {
    name: 'token-as-access-token',
    summary: 'the token is called access_token',
    seenOn: 'what Docker’s token specification allows, ACR',
    auth: 'token',
    run: tokenBody(({ token, ...rest }) => ({ ...rest, access_token: token })),
  },
  {
    name: 'token-without-expiry',
    summary: 'nobody says how long a token lasts: 60 seconds',
    seenOn: 'what Docker’s token specification allows',
    auth: 'token',
    run: tokenBody(({ token }) => ({ token })),
  },
  {
    name: 'token-expires-at-once',
    summary: 'a token is good for one request',
    seenOn: 'token servers with clocks of their own',
    auth: 'token',
    run: inManner({ uses: 1 }),
  },
  {
    name: 'token-first-scope-only',
    summary: 'the first scope is read, and no other',
    seenOn: 'docker_auth (67), registries that go-containerregistry makes allowance for',
    auth: 'token',
    run: inManner({ firstScopeOnly: true }),
  },
  ...[404, 405].map((status): QuirkRule => ({
    name: `token-post-${status}`,
    summary: `tokens are not given by POST: ${status}`,
    seenOn: 'token servers that know GET only',
    auth: 'token',
    run: answering(
      (call) => tokens(call) && call.request.method === 'POST',
      () => new Response(null, { status }),
    ),
  })),
  {
    name: 'token-get-405',
    summary: 'tokens are not given by GET',
    seenOn: 'token servers that know OAuth 2 only',
    auth: 'token',
    run: answering(
      (call) => tokens(call) && call.request.method === 'GET',
      () => new Response(null, { status: 405 }),
    ),
  },
  {
    name: 'token-server-html',
    summary: 'the token server answers with a page',
    seenOn: 'login pages, captive portals',
    auth: 'token',
    run: answering(
      tokens,
      () => new Response('<!doctype html><p>log in', { headers: { 'content-type': 'text/html' } }),
    ),
  },
  {
    name: 'token-missing',
    summary: 'the token server answers without a token',
    seenOn: 'token servers that have a fault',
    auth: 'token',
    run: answering(tokens, () => Response.json({ expires_in: 300 })),
  },
  {
    name: 'password-only',
    summary: 'passwords are taken, and no tokens are given',
    seenOn: 'ECR, Artifactory, distribution with htpasswd',
    auth: 'password',
    run: (_call, next) => next(),
  },
  {
    name: 'csrf-cookie',
    summary: 'a cookie is set, and who sends it back is refused',
    seenOn: 'Harbor (tart 295)',
    run: async ({ request }, next) => {
      if (request.headers.has('cookie')) return refused(403, 'FORBIDDEN', 'CSRF token invalid');
      return changed(await next(), { 'set-cookie': 'sid=1; Path=/; HttpOnly' });
    },
  },
];

function challengeOf(change: (challenge: string, call: Parameters<QuirkStep>[0]) => string): QuirkStep {
  return rewriting(challenged, (response, call) => {
    const challenge = response.headers.get('www-authenticate');
    return challenge === null ? response : changed(response, { 'www-authenticate': change(challenge, call) });
  });
}

type Body = Record<string, unknown>;

function tokenBody(change: (body: Body) => Body): QuirkStep {
  return rewriting(tokens, async (response) =>
    response.ok ? Response.json(change((await response.json()) as Body)) : response,
  );
}

function inManner(manner: Partial<TokenManner>): QuirkStep {
  return (call, next) => {
    if (tokens(call)) call.world.tokens.manner = { ...call.world.tokens.manner, ...manner };
    return next();
  };
}
