import { describe, expect, it } from 'vitest';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import type { Registry, Repository } from '../../../../src/ports/registry.ts';
import { noWait, password } from './network.ts';
import { manifestDigest, manifestType, packBlob, packDigest } from './small-pack.ts';

const mebibyte = 2 ** 20;
const layer = { mediaType: 'application/octet-stream', digest: packDigest, size: packBlob.length };

/** What was taken of bodies that never end, and how many of them are still open. */
interface Tap {
  taken: number;
  open: number;
}

/** A body that never ends. */
function endless(tap: Tap, text = ' '.repeat(65_536)): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode(text);
  tap.open++;
  return new ReadableStream(
    {
      async pull(controller) {
        // Others have their turn, as with a socket.
        await Promise.resolve();
        tap.taken += chunk.length;
        controller.enqueue(chunk);
      },
      cancel: () => {
        tap.open--;
      },
    },
    { highWaterMark: 0 },
  );
}

type Answer = (request: { readonly url: URL; readonly method: string; readonly tap: Tap }) => Response;

function registryOf(answer: Answer): {
  readonly registry: Registry;
  readonly repository: Repository;
  readonly tap: Tap;
} {
  const tap = { taken: 0, open: 0 };
  const registry = httpRegistry({
    host: 'registry.example',
    credentials: password,
    clock: noWait,
    retry: { attempts: 2 },
    fetch: (input, init) =>
      Promise.resolve(
        answer({ url: new URL(input instanceof Request ? input.url : input), method: init?.method ?? 'GET', tap }),
      ),
  });
  return { registry, repository: registry.repository('team/app'), tap };
}

const gather = async (list: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const each of list) all.push(each);
  return all;
};

const typed: Record<string, string> = { 'content-type': manifestType };
const index = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
const code = (pattern: RegExp): object => ({ code: expect.stringMatching(pattern) as string });

describe('a body that never ends', () => {
  it.each<[string, Answer, (repository: Repository, registry: Registry) => Promise<unknown>, RegExp, number]>([
    [
      'manifest',
      ({ tap }) => new Response(endless(tap), { headers: typed }),
      (repository) => repository.manifest.get('1'),
      /^ERR_(LIMIT_EXCEEDED|TOO_LARGE|REGISTRY_PROTOCOL)/,
      5,
    ],
    [
      'list of tags',
      ({ tap }) => new Response(endless(tap), { headers: { 'content-type': 'application/json' } }),
      (repository) => gather(repository.tags()),
      /^ERR_LIMIT_EXCEEDED$/,
      9,
    ],
    [
      'catalog',
      ({ tap }) => new Response(endless(tap), { headers: { 'content-type': 'application/json' } }),
      (_, registry) => gather(registry.repositories()),
      /^ERR_LIMIT_EXCEEDED$/,
      9,
    ],
    [
      'list of referrers',
      ({ tap }) => new Response(endless(tap), { headers: index }),
      (repository) => repository.referrers(packDigest),
      /^ERR_LIMIT_EXCEEDED$/,
      18,
    ],
    [
      'error',
      ({ tap }) => new Response(endless(tap, 'x'.repeat(65_536)), { status: 400 }),
      (repository) => repository.manifest.get('1'),
      /^ERR_REGISTRY_REJECTED$/,
      1,
    ],
    [
      'error of a server',
      ({ tap }) => new Response(endless(tap), { status: 500 }),
      (repository) => gather(repository.tags()),
      /^ERR_REGISTRY_UNAVAILABLE$/,
      2,
    ],
    [
      'token',
      ({ url, tap }) =>
        url.pathname === '/token'
          ? new Response(endless(tap))
          : new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer realm="/token"' } }),
      (repository) => repository.resolve('1'),
      /^ERR_REGISTRY_PROTOCOL$/,
      3,
    ],
    [
      'web page',
      ({ tap }) => new Response(endless(tap), { headers: { 'content-type': 'text/html' } }),
      (repository) => gather(repository.tags()),
      /^ERR_REGISTRY_PROTOCOL$/,
      1,
    ],
  ])('is given up: %s', async (_, answer, ask, expected, most) => {
    const { registry, repository, tap } = registryOf(answer);
    await expect(ask(repository, registry)).rejects.toMatchObject(code(expected));
    expect(tap.taken).toBeLessThanOrEqual(most * mebibyte);
    expect(tap.open).toBe(0);
  });

  it('is read no further than a blob is long', async () => {
    const { repository, tap } = registryOf(({ tap }) => new Response(endless(tap)));
    const stream = await repository.blob.openUnverified?.(layer);
    await (stream && readAll(stream, { limit: 10 * mebibyte }))?.catch(() => undefined);
    expect(tap.taken).toBeLessThan(mebibyte);
    expect(tap.open).toBe(0);
  });

  it('is let go where a blob is cancelled before anybody reads it', async () => {
    const { repository, tap } = registryOf(({ method, tap }) => {
      const headers = { 'content-length': String(layer.size) };
      return method === 'HEAD' ? new Response(null, { headers }) : new Response(endless(tap));
    });
    // More often than there are slots for downloads.
    for (let turn = 0; turn < 20; turn++) {
      const blob = await repository.blob.get(packDigest);
      await (await blob?.open())?.cancel();
      await (await repository.blob.openUnverified?.(layer))?.cancel();
    }
    await expect.poll(() => tap.open).toBe(0);
    expect(tap.taken).toBeLessThan(mebibyte);
  });

  it('is not read where an answer needs no body', async () => {
    const { repository, tap } = registryOf(({ url, method, tap }) => {
      const location = `${url.pathname}?s=1`;
      const status = method === 'POST' ? 202 : method === 'PUT' ? 201 : 200;
      const headers = { location, 'docker-content-digest': manifestDigest };
      return method === 'HEAD' ? new Response(null, { status: 404 }) : new Response(endless(tap), { status, headers });
    });
    await repository.blob.put(layer, bytesSource(packBlob));
    expect(tap.taken).toBeLessThan(mebibyte);
    expect(tap.open).toBe(0);
  });
});

describe('a header that is huge', () => {
  const huge = 'a=", '.repeat(100_000);

  it.each([
    ['link', 200],
    ['warning', 200],
    ['docker-content-digest', 200],
    ['oci-filters-applied', 200],
    ['www-authenticate', 401],
    ['retry-after', 429],
    ['location', 307],
  ] as const)('is no harm: %s', async (name, status) => {
    const { repository } = registryOf(() => {
      const headers = { 'content-type': 'application/json', [name]: name === 'location' ? `/${huge}` : huge };
      return new Response('{"name":"team/app","tags":["1"]}', { status, headers });
    });
    const start = performance.now();
    const outcome = await gather(repository.tags()).catch((error: unknown) => error);
    expect(performance.now() - start).toBeLessThan(3000);
    if (status === 200) expect(outcome).toEqual(['1']);
    else expect(outcome).toMatchObject(code(/^ERR_REGISTRY_/));
    expect(String(outcome).length).toBeLessThan(10_000);
  });
});

describe('a list that never ends', () => {
  it('is given up where each page leads to a new one without anything new', async () => {
    let pages = 0;
    const { repository } = registryOf(() => {
      const headers = { 'content-type': 'application/json', link: `</v2/team/app/tags/list?p=${++pages}>; rel="next"` };
      return new Response('{"tags":["1"]}', { headers });
    });
    await expect(gather(repository.tags())).rejects.toMatchObject({ code: 'ERR_REGISTRY_PROTOCOL' });
    expect(pages).toBeLessThan(50);
  });
});
