import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { httpRegistries } from '../../../src/adapters/registry/http.ts';
import { httpSource } from '../../../src/adapters/source/http.ts';
import { nodeTransport, type NodeTransport } from '../../../src/adapters/transport/node.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { streamOf } from '../../../src/bytes/source.ts';
import { readAll } from '../../../src/bytes/stream.ts';

const servers: Server[] = [];
const transports: NodeTransport[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

interface Origin {
  readonly url: string;
  /** Connections that are open. */
  readonly open: () => Promise<number>;
  /** Connections that were made. */
  readonly made: () => number;
}

const echo: RequestListener = (request, response) => request.pipe(response.writeHead(200));

async function serve(listener: RequestListener = echo): Promise<Origin> {
  let made = 0;
  // The server itself ends none while a test runs.
  const server = createServer({ keepAliveTimeout: 60_000 }, listener).on('connection', () => made++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = (): Promise<number> =>
    new Promise((resolve, reject) => {
      server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, open, made: () => made };
}

function transport(): NodeTransport {
  const made = nodeTransport();
  transports.push(made);
  return made;
}

const manual = { redirect: 'manual' } as const;
const post = { ...manual, method: 'POST' } as const;

describe('nodeTransport', () => {
  it('brings text, bytes and a stream there and back', async () => {
    const [{ url }, { fetch }] = [await serve(), transport()];
    expect(await (await fetch(url, { ...post, body: 'text' })).text()).toBe('text');
    expect(await (await fetch(new URL(url), { ...post, body: new Uint8Array([104, 105]) })).text()).toBe('hi');
    const body = streamOf(utf8('streamed'));
    const answer = await fetch(url, { ...post, body, duplex: 'half' } as RequestInit);
    expect([answer.status, await answer.text()]).toEqual([200, 'streamed']);
  });

  it('uses a connection again, and opens more where several are needed', async () => {
    const [{ url, made }, { fetch }] = [await serve(), transport()];
    for (let round = 0; round < 10; round++) await (await fetch(url, { ...post, body: 'text' })).text();
    expect(made()).toBe(1);
    await Promise.all(['a', 'b', 'c'].map(async (body) => (await fetch(url, { ...post, body })).text()));
    expect(made()).toBe(3);
  });

  it('shows a redirect, follows none, and refuses one where it shall', async () => {
    const { url } = await serve((_, response) => response.writeHead(307, { location: '/other' }).end());
    const { fetch } = transport();
    const answer = await fetch(url, manual);
    expect([answer.status, answer.headers.get('location'), answer.redirected]).toEqual([307, '/other', false]);
    await expect(fetch(url, { redirect: 'error' })).rejects.toThrow(TypeError);
  });

  it('lets the platform follow redirects, take requests and other schemes', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/other' }).end();
      else response.end('there');
    });
    const { fetch } = transport();
    expect(await (await fetch(url)).text()).toBe('there');
    expect(await (await fetch(new Request(`${url}other`))).text()).toBe('there');
    expect(await (await fetch('data:,some%20text', manual)).text()).toBe('some text');
  });

  it('rejects with the reason of a signal, before an answer and in a body', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/part') response.writeHead(200).write('some');
    });
    const { fetch } = transport();
    const reason = new Error('enough');
    const before = new AbortController();
    const waiting = fetch(url, { ...manual, signal: before.signal });
    before.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const during = new AbortController();
    const answer = await fetch(`${url}part`, { ...manual, signal: during.signal });
    during.abort(reason);
    await expect(answer.text()).rejects.toBeInstanceOf(Error);
  });

  it('rejects with the error of the system, and with a TypeError for what is no URL', async () => {
    const { fetch } = transport();
    const { url } = await serve();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(fetch(url, manual)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(fetch('no url', manual)).rejects.toThrow(TypeError);
  });
});

describe('the end of a nodeTransport', () => {
  it('closes connections that nobody uses', async () => {
    const [{ url, open }, own] = [await serve(), transport()];
    await Promise.all([1, 2].map(async () => (await own.fetch(url, manual)).text()));
    expect(await open()).toBe(2);
    await own.close();
    await expect.poll(open).toBe(0);
  });

  it('waits for what is under way, and takes nothing more', async () => {
    let go = (): void => undefined;
    const { url, open } = await serve((_, response) => {
      response.writeHead(200).write('one ');
      go = () => void response.end('two');
    });
    const own = transport();
    const answer = await own.fetch(url, manual);
    let closed = false;
    const end = own.close().then(() => (closed = true));
    await expect(own.fetch(url, manual)).rejects.toThrow('closed');
    expect([closed, await open()]).toEqual([false, 1]);
    go();
    expect(await answer.text()).toBe('one two');
    await end;
    await expect.poll(open).toBe(0);
  });

  it('can be asked for twice, and before anything was fetched', async () => {
    const own = transport();
    await Promise.all([own.close(), own.close()]);
    await own.close();
  });
});

describe('what takes a nodeTransport', () => {
  it('is a source over HTTP and a registry', async () => {
    const { url } = await serve((request, response) => {
      if (request.url?.startsWith('/v2/') !== true) response.end('package');
      else response.setHeader('content-type', 'application/json').end('{"name":"team/app","tags":["1.0"]}');
    });
    const { fetch } = transport();
    const stream = await httpSource({ fetch }).open({ name: 'a', location: `${url}a.tgz`, digests: [] });
    expect(await readAll(stream as ReadableStream<Uint8Array>, { limit: 100 })).toEqual(utf8('package'));
    const registry = await httpRegistries({ fetch })(new URL(url).host);
    const tags = [];
    for await (const tag of registry.repository('team/app').tags()) tags.push(tag);
    expect(tags).toEqual(['1.0']);
  });
});

describe('nodeTransport on another runtime', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each(['Deno', 'Bun'])("is the platform's fetch: %s", async (runtime) => {
    vi.stubGlobal(runtime, {});
    const own = transport();
    vi.stubGlobal('fetch', (input: string) => Promise.resolve(new Response(`platform: ${input}`)));
    expect(await (await own.fetch('http://registry.example/', manual)).text()).toBe(
      'platform: http://registry.example/',
    );
    await own.close();
  });
});
