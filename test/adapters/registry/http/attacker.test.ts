import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import type { Registry } from '../../../../src/ports/registry.ts';
import { hostileWorld, leaksIn, type World } from './hostile-world.ts';
import { noWait } from './network.ts';
import { manifest, manifestDigest, manifestType, packBlob, packDigest } from './small-pack.ts';

const cases = 10_000;
const layer = { mediaType: 'application/octet-stream', digest: packDigest, size: packBlob.length };

type Verb = (registry: Registry, onEvent: (event: unknown) => void) => Promise<unknown>;
const at = (registry: Registry): ReturnType<Registry['repository']> => registry.repository('team/app');
const drained = async (list: AsyncIterable<unknown>): Promise<void> => {
  const all: unknown[] = [];
  for await (const each of list) all.push(each);
};

const verbs: readonly Verb[] = [
  // Half of the time warnings are not for the operation.
  (registry) => at(registry).resolve('1'),
  (registry, onEvent) => at(registry).manifest.get('1', { onEvent }),
  (registry, onEvent) => at(registry).manifest.get(manifestDigest, { onEvent }),
  (registry, onEvent) => at(registry).manifest.put(manifest, { mediaType: manifestType, tag: '1', onEvent }),
  (registry, onEvent) =>
    at(registry).tag('2', { ...layer, digest: manifestDigest, mediaType: manifestType }, { onEvent }),
  async (registry, onEvent) => {
    const blob = await at(registry).blob.get(packDigest, { onEvent });
    return blob && readAll(await blob.open({ onEvent }), { limit: 1000 });
  },
  async (registry, onEvent) => {
    const stream = await at(registry).blob.openUnverified?.(layer, { onEvent });
    return stream && readAll(stream, { limit: 1000 });
  },
  (registry, onEvent) => at(registry).blob.stat(packDigest, { onEvent }),
  (registry, onEvent) => at(registry).blob.put(layer, bytesSource(packBlob), { onEvent }),
  (registry, onEvent) => at(registry).blob.mount(packDigest, 'team/other', { onEvent }),
  async (registry, onEvent) => {
    await at(registry).blob.mount(packDigest, 'team/other', { onEvent });
    return at(registry).blob.put(layer, bytesSource(packBlob), { onEvent });
  },
  (registry, onEvent) => drained(at(registry).tags({ onEvent })),
  (registry, onEvent) => drained(registry.repositories({ onEvent })),
  (registry, onEvent) => at(registry).referrers(packDigest, { onEvent }),
  (registry, onEvent) => at(registry).delete('1', { onEvent }),
  (registry, onEvent) => at(registry).delete(manifestDigest, { onEvent }),
];

/** Asks a hostile registry for something; what was said of it by errors, events and warnings. */
async function attack(world: World, seed: number, fetch = world.fetch): Promise<string[]> {
  const said: string[] = [];
  const [registry, mirror] = world.parties;
  const client = httpRegistry({
    host: registry?.host ?? '',
    fetch,
    unsafePlainHttp: world.plainHttp,
    credentials: registry?.credential,
    mirrors: mirror === undefined ? [] : [{ host: mirror.host, credentials: mirror.credential, proxy: seed % 2 === 0 }],
    profile: seed % 3 === 0 ? { chunked: { minBytes: 1, maxBytes: 10 } } : {},
    retry: { attempts: 2 },
    clock: { ...noWait, random: world.random },
    limits: { pages: 4 },
    onWarning: (message) => said.push(message),
  });
  try {
    await verbs[seed % verbs.length]?.(client, (event) => said.push(JSON.stringify(event)));
  } catch (error) {
    said.push(...wordsOf(error));
  }
  return said;
}

/** Everything that a log would hold of an error. */
function wordsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [
    error.message,
    error.stack ?? '',
    JSON.stringify(error),
    ...(error.cause === undefined ? [] : wordsOf(error.cause)),
  ];
}

function secretsIn(said: readonly string[], { parties }: World): string[] {
  const secrets = parties.flatMap((party) => [...party.secrets, ...party.tokens]);
  return said.filter((text) => secrets.some((secret) => text.includes(secret)));
}

/** Sends what authorised the last request with the next ones too, wherever they go. */
function leaky(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  let last: string | null = null;
  return (input, init) => {
    const headers = new Headers(init?.headers);
    last = headers.get('authorization') ?? last;
    if (last !== null) headers.set('authorization', last);
    return fetch(input, { ...init, headers });
  };
}

/** Hides redirects, and follows them itself where it is asked to: what a browser does (fetch standard, HTTP fetch). */
function browserOver(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    let url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    for (let hops = 0; hops < 20; hops++) {
      const answer = await fetch(url, { ...init, headers });
      const location = answer.headers.get('location') ?? '';
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === '') return located(answer, url.href);
      if (init?.redirect === 'manual') return located(new Response(null), '', 'opaqueredirect');
      const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
      // From https, a browser follows to https only (mixed content).
      if (next?.protocol !== 'https:' && (next?.protocol !== 'http:' || url.protocol !== 'http:')) break;
      if (next.origin !== url.origin) headers.delete('authorization');
      url = next;
    }
    throw new TypeError('Failed to fetch');
  };
}

/** A response as a platform makes it, and a program cannot. */
function located(answer: Response, url: string, type: ResponseType = 'basic'): Response {
  return Object.defineProperties(answer, { url: { value: url }, type: { value: type } });
}

describe('a registry that is after credentials', () => {
  it(
    `gets nothing of them to another origin, and into no error or event, in ${cases} cases`,
    { timeout: 180_000 },
    async () => {
      const sums = { foreign: 0, authorised: 0, attacks: 0, tokens: 0 };
      const leaks: string[] = [];
      const told: string[] = [];
      for (let seed = 1; seed <= cases; seed++) {
        const world = hostileWorld(seed);
        const said = await attack(world, seed);
        leaks.push(...world.leaks.map((leak) => `case ${seed}: ${leak}`));
        told.push(...secretsIn(said, world).map((text) => `case ${seed}: ${text}`));
        for (const key of ['foreign', 'authorised', 'attacks', 'tokens'] as const) sums[key] += world.counts[key];
      }
      expect(leaks.slice(0, 5)).toEqual([]);
      expect(told.slice(0, 5)).toEqual([]);
      // The attacks have found a client that has something to lose, and that goes where it is sent.
      expect(sums.foreign).toBeGreaterThan(cases / 4);
      expect(sums.authorised).toBeGreaterThan(cases / 2);
      expect(sums.attacks).toBeGreaterThan(cases / 2);
      expect(sums.tokens).toBeGreaterThan(cases / 4);
    },
  );

  it('gets nothing of them where a platform hides redirects', { timeout: 180_000 }, async () => {
    const sums = { foreign: 0, tokens: 0 };
    const leaks: string[] = [];
    for (let seed = 1; seed <= cases / 5; seed++) {
      const world = hostileWorld(seed);
      const said = await attack(world, seed, browserOver(world.fetch));
      leaks.push(...[...world.leaks, ...secretsIn(said, world)].map((leak) => `case ${seed}: ${leak}`));
      for (const key of ['foreign', 'tokens'] as const) sums[key] += world.counts[key];
    }
    expect(leaks.slice(0, 5)).toEqual([]);
    expect(sums.foreign).toBeGreaterThan(cases / 100);
    expect(sums.tokens).toBeGreaterThan(cases / 100);
  });

  it('is found out by the judge where a client does send credentials along', async () => {
    let caught = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const world = hostileWorld(seed);
      await attack(world, seed, leaky(world.fetch));
      if (world.leaks.length > 0) caught++;
    }
    expect(caught).toBeGreaterThan(20);
  });

  it('is found out by the judge where a secret stands in an address, a header or a body', () => {
    const { parties } = hostileWorld(1);
    const secret = parties[0]?.secrets[0] ?? '';
    const url = new URL('https://evil.example/');
    const good = { url, headers: new Headers(), body: '' };
    expect(leaksIn(good, parties)).toEqual([]);
    expect(
      leaksIn({ ...good, url: new URL(`https://evil.example/${encodeURIComponent(secret)}`) }, parties),
    ).not.toEqual([]);
    expect(leaksIn({ ...good, headers: new Headers({ 'x-any': encodeURIComponent(secret) }) }, parties)).not.toEqual(
      [],
    );
    expect(leaksIn({ ...good, body: `x ${secret} y` }, parties)).not.toEqual([]);
    expect(leaksIn({ ...good, headers: new Headers({ cookie: 'a=b' }) }, parties)).not.toEqual([]);
  });

  it('is found out by the judge where an error repeats a secret', () => {
    const world = hostileWorld(1);
    const secret = world.parties[0]?.secrets[0] ?? '';
    const error = new Error('outer', { cause: new Error(`inner ${secret}`) });
    expect(secretsIn(wordsOf(error), world)).not.toEqual([]);
    expect(secretsIn(wordsOf(new Error('outer')), world)).toEqual([]);
  });
});
