import { randomFrom } from './random.ts';
import { manifest, manifestDigest, packBlob, packDigest } from './small-pack.ts';
import type { Credential } from '../../../../src/ports/credential.ts';

/** One who is given a credential: the registry, or a mirror of it. Each has secrets of its own. */
export interface Party {
  readonly name: 'registry' | 'mirror';
  readonly host: string;
  readonly origin: string;
  /** Public ones are asked over https. */
  readonly hosts: 'public' | 'plain' | 'local';
  readonly credential: Credential;
  /** What was given for this party, in each form in which it can travel. */
  readonly secrets: string[];
  /** Tokens that were issued for it. */
  readonly tokens: string[];
  /** Origins of the token servers that it has named, and may name. */
  readonly tokenServers: Set<string>;
  /** True once a secret has been sent: before that, nobody can repeat it. */
  revealed: boolean;
}

/** A request as it left. */
export interface Sent {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** What is asked, and what went wrong with it. */
export interface World {
  readonly parties: readonly Party[];
  /** True where the caller has allowed http. */
  readonly plainHttp: boolean;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
  /** A secret that reached somebody whom it is not for. */
  readonly leaks: string[];
  readonly counts: { foreign: number; authorised: number; attacks: number; tokens: number };
}

/** Where an attacker leads, and whether a registry of https may name a token server there. */
const lures: readonly (readonly [url: (host: string) => string, realm: boolean])[] = [
  [() => 'https://evil.example', true],
  [(host) => `https://${host.split(':')[0]}.evil`, true],
  [(host) => `https://evil-${host}`, true],
  [(host) => `https://evil${host}`, true],
  [(host) => `https://${host.split(':')[0]}:8443`, true],
  [(host) => `https://${host}@evil.example`, true],
  [(host) => `https://${host}%2f@evil.example`, true],
  [(host) => `HTTPS://${host.toUpperCase()}`, true],
  [(host) => `https://${host.replace(/(:\d+)?$/, '.$1')}`, true],
  [(host) => `https://me:pw@${host}`, true],
  [(host) => `https://evil.example\\@${host}`, true],
  [(host) => `//${host}.evil.example`, true],
  [() => '', true],
  [(host) => `http://${host}`, true],
  [() => 'http://evil.example', false],
  [(host) => `http://${host.split(':')[0]}:8080`, false],
  [() => 'https://127.0.0.1', false],
  [() => 'https://localhost:5000', false],
  [() => 'https://169.254.169.254', false],
  [() => 'https://[::ffff:10.0.0.1]', false],
  [() => 'https://0x7f000001', false],
  [() => 'ftp://evil.example', false],
  [() => 'javascript:alert', false],
  [() => 'https://[', false],
];

/** The last two are asked over http: on this machine, and where that is allowed. */
const registryHosts = [
  'registry.example',
  'registry.example:5000',
  'docker.io',
  'localhost:5000',
  'plain.example:5000',
];

const statuses = [301, 302, 303, 307, 308] as const;

/** A network of one registry, perhaps a mirror, token servers and whoever else, all as hostile as chance makes them. */
export function hostileWorld(seed: number): World {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const registry = partyOf('registry', pick(registryHosts), seed, random);
  const plainHttp = registry.hosts === 'plain';
  const parties = random() < 0.3 ? [registry, partyOf('mirror', 'mirror.example', seed, random)] : [registry];
  const counts = { foreign: 0, authorised: 0, attacks: 0, tokens: 0 };
  const leaks: string[] = [];
  const lure = (host: string, path: string): readonly [string, boolean] => {
    // Most go where a client may go, or it would not get far.
    const [address, realm] = pick(random() < 0.6 ? lures.slice(0, 7) : lures);
    return [`${address(host)}${path}`, realm];
  };

  /** Names a token server, and remembers where that may be. */
  const challenge = (party: Party | undefined, from: URL): Record<string, string> => {
    const kind = random();
    if (kind < 0.25) return { 'www-authenticate': 'Basic realm="x"' };
    const name = party?.name ?? 'nobody';
    const path = `/token/${name}?x=${Math.floor(random() * 1000)}`;
    const [realm, lured] = kind < 0.6 ? [`https://auth.example${path}`, true] : lure(from.host, path);
    // In a quoted string a backslash only says that the next character is meant.
    const meant = realm.replaceAll('\\', '');
    if (party !== undefined && URL.canParse(meant, from)) {
      const url = new URL(meant, from);
      // Only https is ever right for a registry that is asked over it.
      const origin = from.protocol === 'https:' ? url.origin.replace(/^http:/, 'https:') : url.origin;
      if (party.hosts === 'public' ? lured : mayName(from, url)) party.tokenServers.add(origin);
    }
    const scope = pick(['repository:team/app:pull', 'repository:team/app:pull,push', '']);
    return { 'www-authenticate': `Bearer realm="${realm}",service="${from.host}",scope="${scope}"` };
  };

  const tokenAnswer = (url: URL): Response => {
    const party = parties.find(({ name }) => url.pathname.includes(`/token/${name}`));
    const kind = random();
    const [address] = lure(url.host, url.pathname + url.search);
    if (kind < 0.15) return new Response(null, { status: pick(statuses), headers: { location: address } });
    if (kind < 0.2)
      return new Response('no', { status: pick([400, 401, 403, 404, 405, 500]), headers: challenge(undefined, url) });
    const token = `issued-${seed}-${counts.tokens++}-${Math.floor(random() * 1e9).toString(36)}`;
    party?.tokens.push(token);
    return Response.json({ token, refresh_token: `${token}-refresh`, expires_in: 300 });
  };

  const registryAnswer = (party: Party, url: URL, method: string, headers: Headers, body: string): Response => {
    const said = headers.get('authorization') ?? '';
    if (said !== '') counts.authorised++;
    const location = (): string => lure(url.host, `/v2/team/app/blobs/uploads/${Math.floor(random() * 100)}?s=1`)[0];
    const cookie = { 'set-cookie': 'session=of-the-registry' };
    if (random() < 0.4) {
      counts.attacks++;
      const kind = random();
      // What it was sent comes back in words, as the logs of careless servers do.
      const known = party.revealed ? [...party.secrets, ...party.tokens] : party.tokens;
      const echo = [said, said.replace(/^\w+ /, ''), ...known].join(' ');
      const warning = printable(echo);
      const errors = JSON.stringify({ errors: [{ code: 'DENIED', message: echo, detail: echo }] });
      if (kind < 0.5) {
        return new Response(null, { status: pick(statuses), headers: { location: location(), ...cookie } });
      }
      if (kind < 0.65) return new Response(null, { status: 202, headers: { location: location(), ...cookie } });
      if (kind < 0.75) return new Response(errors, { status: 401, headers: challenge(party, url) });
      if (kind < 0.8) return new Response(errors, { status: 403, headers: challenge(party, url) });
      if (kind < 0.9) return new Response(echo, { status: pick([400, 404, 409, 413, 429, 500, 503]) });
      if (kind < 0.95) return new Response(errors, { status: 400, headers: { warning: `299 - "${warning}"` } });
      return new Response(null, {
        status: 307,
        headers: { location: `http://${url.host}:81/${encodeURIComponent(echo)}` },
      });
    }
    if (said === '') return new Response('{}', { status: 401, headers: challenge(party, url) });
    return goodAnswer(url, method, body, random() < 0.5 ? location() : `${url.pathname}?s=2`);
  };

  const foreignAnswer = (url: URL, method: string): Response => {
    counts.foreign++;
    const kind = random();
    if (kind < 0.3) return new Response('{}', { status: 401, headers: challenge(undefined, url) });
    if (kind < 0.6) {
      const [location] = lure(url.host, '/v2/team/app/manifests/1');
      const back = `${pick(parties).origin}/v2/team/app/blobs/uploads/9`;
      return new Response(null, { status: pick(statuses), headers: { location: random() < 0.5 ? location : back } });
    }
    if (kind < 0.7) return new Response('no', { status: pick([400, 403, 404, 500]) });
    return goodAnswer(url, method, '', `${url.pathname}?s=3`);
  };

  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    const body = init.body === undefined || init.body === null ? '' : await new Response(init.body).text();
    leaks.push(...leaksIn({ url, headers, body }, parties));
    const text = `${headers.get('authorization') ?? ''} ${body}`;
    for (const each of parties) each.revealed ||= each.secrets.some((secret) => text.includes(secret));
    const party = parties.find((each) => isOwn(each, url));
    if (url.pathname.includes('/token/')) return tokenAnswer(url);
    if (party !== undefined) return registryAnswer(party, url, init.method ?? 'GET', headers, body);
    return foreignAnswer(url, init.method ?? 'GET');
  };
  return { parties, plainHttp, fetch, random, leaks, counts };
}

const privateHost = /^(?:localhost|127\.0\.0\.1|169\.254\.169\.254|\[::ffff:a00:1\])$/;

/** Where a registry on this machine, or one that is asked over http, may name a token server. */
function mayName(from: URL, { protocol, hostname }: URL): boolean {
  const near = privateHost.test(hostname);
  if (near && !privateHost.test(from.hostname)) return false;
  return protocol === 'https:' || hostname === from.hostname || (near && from.protocol === 'http:');
}

/** On this machine, a registry is asked over https where http is refused. */
function isOwn({ origin, host, hosts }: Party, url: URL): boolean {
  return url.origin === origin || (hosts === 'local' && url.host === host);
}

/** Every secret in a request that is not for whom it goes to. Nobody is ever sent a cookie. */
export function leaksIn({ url, headers, body }: Sent, parties: readonly Party[]): string[] {
  const text = `${url.href}\n${[...headers].map((pair) => pair.join(': ')).join('\n')}\n${body}`;
  const leaks = headers.has('cookie') ? [`cookie to ${url.origin}`] : [];
  for (const party of parties) {
    const { name, secrets, tokens, tokenServers, credential } = party;
    const own = isOwn(party, url);
    // A token that the registry takes as it is, is for the registry alone.
    const trusted =
      credential.kind !== 'bearer-token' && url.pathname.includes('/token/') && tokenServers.has(url.origin);
    if (!own && !trusted)
      for (const secret of secrets) if (text.includes(secret)) leaks.push(`${name}: ${secret} to ${url.origin}`);
    if (!own) for (const token of tokens) if (text.includes(token)) leaks.push(`${name}: ${token} to ${url.origin}`);
  }
  return leaks;
}

function partyOf(name: Party['name'], host: string, seed: number, random: () => number): Party {
  const unique = `${name}-${seed}-${Math.floor(random() * 1e9).toString(36)}`;
  const kind = random();
  const credential: Credential =
    kind < 0.5
      ? { kind: 'password', username: 'me', password: random() < 0.5 ? `pw-${unique}` : `p@ss/"w+ör d%-${unique}` }
      : { kind: kind < 0.75 ? 'refresh-token' : 'bearer-token', token: `given-${unique}` };
  const hosts = host.startsWith('localhost') ? 'local' : host.startsWith('plain') ? 'plain' : 'public';
  const origin = `${hosts === 'public' ? 'https' : 'http'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  return {
    name,
    host,
    origin,
    hosts,
    credential,
    secrets: formsOf(credential),
    tokens: [],
    tokenServers: new Set(),
    revealed: false,
  };
}

function formsOf(credential: Credential): string[] {
  if (credential.kind !== 'password') return [credential.token, btoa(credential.token)];
  const { username, password } = credential;
  const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const form = new URLSearchParams({ '': password }).toString().slice(1);
  const forms = [password, base64(`${username}:${password}`), base64(password), encodeURIComponent(password), form];
  return [...new Set([...forms, JSON.stringify(password).slice(1, -1)])];
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|["\\]/g, '?');
}

/** What a registry answers that means well, but for the address that it gives. */
function goodAnswer({ pathname }: URL, method: string, body: string, location: string): Response {
  const digest = {
    'docker-content-digest': manifestDigest,
    'content-type': 'application/vnd.oci.image.manifest.v1+json',
  };
  const link = { link: `<${location}>; rel="next"`, 'content-type': 'application/json' };
  if (method === 'DELETE') return new Response(null, { status: 202 });
  if (pathname.includes('/blobs/uploads/')) {
    const range = `0-${Math.max(0, body.length - 1)}`;
    const status = method === 'PUT' || (method === 'POST' && body !== '') ? 201 : method === 'GET' ? 204 : 202;
    return new Response(null, { status, headers: { location, range } });
  }
  if (method === 'PUT')
    return new Response(null, { status: 201, headers: { location, 'docker-content-digest': manifestDigest } });
  if (pathname.includes('/manifests/')) {
    return new Response(method === 'HEAD' ? null : manifest, {
      headers: { ...digest, 'content-length': String(manifest.length) },
    });
  }
  if (pathname.includes('/blobs/')) {
    const headers = { 'content-length': String(packBlob.length), 'docker-content-digest': packDigest };
    return new Response(method === 'HEAD' ? null : packBlob, { headers });
  }
  if (pathname.endsWith('/tags/list')) return Response.json({ name: 'team/app', tags: ['1', '2'] }, { headers: link });
  if (pathname.endsWith('/_catalog')) return Response.json({ repositories: ['team/app'] }, { headers: link });
  if (pathname.includes('/referrers/')) {
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] };
    return Response.json(index, { headers: { ...link, 'content-type': index.mediaType } });
  }
  return Response.json({});
}
