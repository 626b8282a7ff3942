import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpSource, type Fetch, type HttpSourceOptions } from '../../../src/adapters/source/http.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import type { PackEvent, SourceOptions } from '../../../src/ports/index.ts';
import { someBytes } from '../../../src/testing/bytes.ts';
import { cutAfter, serve, type Answer } from '../../http/local-server.ts';

const bytes = someBytes(300_000);
const clock = { sleep: (): Promise<void> => Promise.resolve(), random: (): number => 0.5 };

async function fetched(
  location: string,
  options: HttpSourceOptions = {},
  opening: SourceOptions = {},
): Promise<Uint8Array | undefined> {
  const source = httpSource({ clock, ...options });
  const stream = await source.open({ name: 'pkg@1.0.0', location, digests: [] }, opening);
  return stream === undefined ? undefined : await readAll(stream, { limit: 1 << 26 });
}

const send: Answer = (_, response) => void response.end(bytes);

describe('httpSource', () => {
  it('gives the bytes of a URL', async () => {
    const { url, requests } = await serve(send);
    expect(await fetched(`${url}/pkg.tgz?x=1`)).toEqual(bytes);
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/pkg.tgz?x=1' });
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([undefined, 'file:///x', 'git+ssh://host/x', 'not a url'])(
    'does not have what is at %s',
    async (location) => {
      const source = httpSource();
      const artifact = { name: 'x', digests: [], ...(location === undefined ? {} : { location }) };
      expect(await source.open(artifact)).toBeUndefined();
    },
  );

  it.each([
    [404, 'ERR_SOURCE_NOT_FOUND', 1],
    [410, 'ERR_SOURCE_NOT_FOUND', 1],
    [401, 'ERR_SOURCE_UNAVAILABLE', 1],
    [403, 'ERR_SOURCE_UNAVAILABLE', 1],
    [418, 'ERR_SOURCE_UNAVAILABLE', 1],
    [206, 'ERR_SOURCE_UNAVAILABLE', 1],
    [408, 'ERR_SOURCE_UNAVAILABLE', 7],
    [429, 'ERR_SOURCE_UNAVAILABLE', 7],
    [500, 'ERR_SOURCE_UNAVAILABLE', 7],
    [503, 'ERR_SOURCE_UNAVAILABLE', 7],
  ])('fails on %i with %s after %i attempts', async (status, code, attempts) => {
    const { url, requests } = await serve((_, response) => void response.writeHead(status).end('no'));
    await expect(fetched(`${url}/a?token=secret`)).rejects.toMatchObject({ code, status, origin: `${url}/a` });
    expect(requests).toHaveLength(attempts);
  });

  it('tells nobody the user info and the query of a URL', async () => {
    const { url } = await serve((_, response) => void response.writeHead(403).end());
    const error: unknown = await fetched(`${url.replace('//', '//user:geheim@')}/a?token=hidden`).catch(
      (e: unknown) => e,
    );
    const shown = JSON.stringify(error) + String(error) + String((error as Error).cause);
    expect(shown).toContain(`${url}/a`);
    expect(shown).not.toMatch(/geheim|hidden/);
    expect(error).toMatchObject({ hint: expect.stringContaining('.npmrc') as string });
  });

  it('goes on after a failure of the server, and says so', async () => {
    const events: PackEvent[] = [];
    const { url } = await serve((_, response, count) => {
      if (count < 3) response.writeHead(500).end();
      else response.end(bytes);
    });
    expect(await fetched(url, {}, { onEvent: (event) => events.push(event) })).toEqual(bytes);
    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(2);
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'progress')).toEqual([
      'start',
      'retry',
      'retry',
      'done',
    ]);
    expect(events.at(-1)).toMatchObject({ bytes: bytes.length, name: 'pkg@1.0.0' });
  });

  it('refuses a web page', async () => {
    const { url } = await serve((_, response) => {
      response.setHeader('content-type', 'Text/HTML; charset=utf-8').end('<html>');
    });
    await expect(fetched(url)).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
      hint: expect.stringContaining('proxy') as string,
    });
  });

  it('refuses a body that was encoded on its way', async () => {
    const { url } = await serve(
      (_, response) => void response.setHeader('content-encoding', 'gzip').end(gzipSync(bytes)),
    );
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: false });
  });

  it.each(['with', 'without'])('stops at the limit of bytes, %s a length', async (length) => {
    const { url } = await serve((_, response) => {
      if (length === 'with') response.setHeader('content-length', bytes.length);
      response.end(bytes);
    });
    const limited = fetched(url, {}, { maxBytes: bytes.length - 1 });
    await expect(limited).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(await fetched(url, {}, { maxBytes: bytes.length })).toEqual(bytes);
  });

  it('never calls fetch when offline', async () => {
    const fetch: Fetch = () => Promise.reject(new Error('called'));
    await expect(fetched('https://registry.example/x', { offline: true, fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_OFFLINE',
    });
  });

  it('asks only hosts that are allowed', async () => {
    const { url, requests } = await serve(send);
    await expect(fetched(url, { allowHosts: ['registry.example'] })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
    });
    expect(requests).toHaveLength(0);
    expect(await fetched(url, { allowHosts: [new URL(url).host] })).toEqual(bytes);
  });

  it.each([{ retries: 3 }, { concurrency: { total: 0 } }, { retry: { attempts: 1.5 } }])(
    'refuses options %j',
    (options) => {
      expect(() => httpSource(options as HttpSourceOptions)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    },
  );

  it('reports one end when the reader stops early, and closes the connection', async () => {
    const events: PackEvent[] = [];
    let closed = false;
    const { url } = await serve((_, response) => {
      response.on('close', () => (closed = true));
      response.write(bytes);
    });
    const artifact = { name: 'x', location: url, digests: [] };
    const stream = await httpSource().open(artifact, { onEvent: (event) => events.push(event) });
    const reader = stream?.getReader();
    await reader?.read();
    await reader?.cancel();
    await expect.poll(() => closed).toBe(true);
    expect(events.filter(({ kind }) => kind === 'failed' || kind === 'done')).toHaveLength(1);
  });

  it('lets the reason of an abort through, before and while it reads', async () => {
    const { url } = await serve((_, response) => void response.write(bytes));
    const reason = new Error('enough');
    await expect(fetched(url, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = fetched(url, {}, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(reading).rejects.toBe(reason);
  });

  it('lets a reason that is no error through, while it waits to try again', async () => {
    const { url } = await serve((_, response) => void response.writeHead(500).end());
    const controller = new AbortController();
    const reading = fetched(
      url,
      { clock: { random: () => 1 }, retry: { baseMs: 5000 } },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort('enough'), 50);
    await expect(reading).rejects.toBe('enough');
  });
});

describe('httpSource after a cut', () => {
  const half = 150_000;
  const ranged: Answer = (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.setHeader('etag', '"one"');
    if (start > 0 && request.headers['if-range'] === '"one"') {
      response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
      response.end(bytes.subarray(start));
      return;
    }
    response.setHeader('content-length', bytes.length);
    cutAfter(response, bytes, half);
  };

  it('goes on with a range of the same version', async () => {
    const { url, requests } = await serve(ranged);
    expect(await fetched(url)).toEqual(bytes);
    expect(requests).toHaveLength(2);
    expect(requests[1]?.headers).toMatchObject({
      'if-range': '"one"',
      range: expect.stringMatching(/^bytes=\d+-$/) as string,
    });
  });

  it('takes an old date for a version where there is no tag', async () => {
    const modified = 'Mon, 01 Jan 2024 00:00:00 GMT';
    const { url, requests } = await serve((request, response, count) => {
      response.setHeader('last-modified', modified);
      if (count === 1) {
        cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
        return;
      }
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/*` }).end(bytes.subarray(start));
    });
    expect(await fetched(url)).toEqual(bytes);
    expect(requests[1]?.headers['if-range']).toBe(modified);
  });

  it.each([
    ['no version at all', {}],
    ['a weak tag', { etag: 'W/"one"' }],
    ['a date of this second', { 'last-modified': new Date().toUTCString(), date: new Date().toUTCString() }],
  ])('reads again and leaves out what it has when there is %s', async (_, headers) => {
    const { url, requests } = await serve((_request, response, count) => {
      response.writeHead(200, { ...headers, 'content-length': bytes.length });
      if (count === 1) cutAfter(response, bytes, half);
      else response.end(bytes);
    });
    expect(await fetched(url)).toEqual(bytes);
    expect(requests[1]?.headers.range).toBeUndefined();
  });

  it('takes a whole body for a range that the server does not know', async () => {
    const { url } = await serve((_, response, count) => {
      response.writeHead(200, { etag: '"one"', 'content-length': bytes.length });
      if (count === 1) cutAfter(response, bytes, half);
      else response.end(bytes);
    });
    expect(await fetched(url)).toEqual(bytes);
  });

  it('asks on where the server gives less of a range than it was asked for', async () => {
    const { url, requests } = await serve((request, response, count) => {
      response.setHeader('etag', '"one"');
      if (count === 1) {
        cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
        return;
      }
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      const end = Math.min(bytes.length, start + 60_000);
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` })
        .end(bytes.subarray(start, end));
    });
    expect(await fetched(url)).toEqual(bytes);
    expect(requests.length).toBeGreaterThan(3);
  });

  it('goes on after a cut that only the encoding in chunks shows', async () => {
    const { url } = await serve((_, response, count) => {
      if (count === 1) cutAfter(response, bytes, half);
      else response.end(bytes);
    });
    expect(await fetched(url)).toEqual(bytes);
  });

  it.each(['bytes 0-9/300000', 'bytes 150000-149999/300000', 'bytes 150000-299999/400000', 'octets 1-2/3', ''])(
    'refuses an answer with the range %j',
    async (range) => {
      const { url } = await serve((_, response, count) => {
        response.setHeader('etag', '"one"');
        if (count === 1) {
          cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
          return;
        }
        response.writeHead(206, { 'content-range': range }).end('0123456789');
      });
      await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: false });
    },
  );

  it('refuses to go on when the length has changed', async () => {
    const { url } = await serve((_, response, count) => {
      if (count === 1) {
        cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
        return;
      }
      response.setHeader('content-length', half).end(bytes.subarray(0, half));
    });
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: false });
  });

  it('refuses to go on with an encoded body', async () => {
    const { url } = await serve((_, response, count) => {
      if (count === 1) {
        cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
        return;
      }
      response.setHeader('content-encoding', 'gzip').end(gzipSync(bytes));
    });
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: false });
  });

  it('gives up after seven cuts that brought nothing', async () => {
    const { url, requests } = await serve((_, response) => {
      cutAfter(response.setHeader('content-length', bytes.length), bytes, half);
    });
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: true });
    expect(requests).toHaveLength(7);
  });

  it('takes a long body in as many parts as it needs', async () => {
    const long = someBytes(8_000_000);
    const { url, requests } = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const headers = { etag: '"one"', 'content-length': long.length - start };
      const range = { 'content-range': `bytes ${start}-${long.length - 1}/${long.length}` };
      response.writeHead(start > 0 ? 206 : 200, start > 0 ? { ...headers, ...range } : headers);
      if (long.length - start < 1_200_000) response.end(long.subarray(start));
      else cutAfter(response, long.subarray(start), 1_150_000);
    });
    expect(Buffer.compare((await fetched(url)) ?? long.slice(1), long)).toBe(0);
    expect(requests.length).toBeGreaterThan(5);
  });
});

describe('httpSource and time', () => {
  const timeouts = { headersMs: 80, idleMs: 80, rateWindowMs: 200, minBytesPerSecond: 1024 };

  it.each([
    ['no answer', (): void => undefined],
    ['a body that stalls', (response: Parameters<Answer>[1]): void => void response.write('x')],
    [
      'a body that drips',
      (response: Parameters<Answer>[1]): void => {
        const timer = setInterval(() => response.write('x'), 15);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('gives up on %s', async (_, answer) => {
    const { url, requests } = await serve((_request, response) => answer(response));
    await expect(fetched(url, { timeouts, retry: { attempts: 2 } })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
      retryable: true,
    });
    expect(requests).toHaveLength(2);
  });

  it('does not take a slow reader for a slow server', async () => {
    const { url } = await serve(send);
    const stream = await httpSource({ timeouts }).open({ name: 'x', location: url, digests: [] });
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    let size = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    expect(size).toBe(bytes.length);
  });

  it.each([
    ['7', 7000],
    ['120', 60_000],
    ['Sun, 06 Nov 1994 08:49:47 GMT', 10_000],
    ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
    ['Sun, 06 Nov 1994 08:49:00 GMT', 50],
    ['soon', 50],
    ['1e3', 50],
    ['1994', 60_000],
  ])('waits as long as %j asks for', async (retryAfter, ms) => {
    const waits: number[] = [];
    const sleep = (wait: number): Promise<void> => Promise.resolve(void waits.push(wait));
    const now = (): number => Date.UTC(1994, 10, 6, 8, 49, 37);
    const { url } = await serve((_, response, count) => {
      if (count === 1) response.writeHead(429, { 'retry-after': retryAfter }).end();
      else response.end(bytes);
    });
    await fetched(url, { clock: { sleep, now, random: () => 0.5 } });
    expect(waits).toEqual([ms]);
  });

  it('waits longer each time, at random, up to ten seconds', async () => {
    const waits: number[] = [];
    const sleep = (wait: number): Promise<void> => Promise.resolve(void waits.push(wait));
    const { url } = await serve((_, response) => void response.writeHead(500).end());
    await fetched(url, { clock: { sleep, random: () => 0.5 }, retry: { attempts: 9 } }).catch(() => undefined);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000]);
  });

  it('keeps to its limits of exchanges under way', async () => {
    let underWay = 0;
    let most = 0;
    const answer: Answer = (_, response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        response.end('x');
      }, 10);
    };
    const { url } = await serve(answer);
    const source = httpSource({ concurrency: { total: 5, perOrigin: 3 } });
    const one = async (): Promise<void> => {
      const stream = await source.open({ name: 'x', location: url, digests: [] });
      await readAll(stream as ReadableStream<Uint8Array>, { limit: 10 });
    };
    await Promise.all(Array.from({ length: 20 }, one));
    expect(most).toBe(3);
  });
});

describe('httpSource and redirects', () => {
  const authorize = (): Record<string, string> => ({ authorization: 'Bearer secret', 'x-own': 'secret' });
  const to =
    (location: string, status = 302): Answer =>
    (_, response) =>
      void response.writeHead(status, { location }).end('moved');

  it.each([301, 302, 303, 307, 308])('follows a %i', async (status) => {
    const { url } = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(status, { location: 'b' }).end();
      else response.end(utf8('here'));
    });
    expect(await fetched(`${url}/a`)).toEqual(utf8('here'));
  });

  it('sends credentials on within an origin', async () => {
    const { url, requests } = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
      else response.end('x');
    });
    await fetched(`${url}/a`, { authorize });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
  });

  it('sends user info of a URL as credentials', async () => {
    const { url, requests } = await serve(send);
    await fetched(`${url.replace('//', '//us%C3%A9r:p%40ss%zz@')}/a`);
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('usér:p%40ss%zz').toString('base64')}`);
  });

  it('prefers the credentials of authorize to the user info of a URL', async () => {
    const { url, requests } = await serve(send);
    await fetched(url.replace('//', '//u:p@'), { authorize: () => ({ Authorization: 'Bearer own' }) });
    await fetched(url.replace('//', '//u:p@'), { authorize: () => ({}) });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer own', `Basic ${btoa('u:p')}`]);
  });

  it('sends no credentials to another origin, nor back', async () => {
    const first = await serve((request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: `${second.url}/b` }).end();
      else response.end('x');
    });
    const second = await serve((_, response) => void response.writeHead(302, { location: `${first.url}/c` }).end());
    await fetched(`${first.url}/a`, { authorize });
    expect(second.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(second.requests[0]?.headers).not.toHaveProperty('x-own');
    expect(first.requests.map(({ headers }) => headers['x-own'])).toEqual(['secret', undefined]);
  });

  it('takes no credentials from a redirect', async () => {
    const { url, requests } = await serve((request, response) => {
      if (request.url === '/a')
        response.writeHead(302, { location: `http://u:p@${request.headers.host ?? ''}/b` }).end();
      else response.end('x');
    });
    await fetched(`${url}/a`);
    expect(requests[1]?.headers).not.toHaveProperty('authorization');
  });

  it('follows five redirects and not six', async () => {
    const { url, requests } = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('x');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect(await fetched(`${url}/5`)).toHaveLength(1);
    requests.length = 0;
    await expect(fetched(`${url}/6`)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', retryable: false });
    expect(requests).toHaveLength(6);
  });

  it.each(['ftp://registry.example/x', 'javascript:x', 'http://'])('does not follow to %s', async (location) => {
    const { url } = await serve(to(location));
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE' });
  });

  it('takes a redirect without a location for an answer that nobody asked for', async () => {
    const { url } = await serve((_, response) => void response.writeHead(302).end());
    await expect(fetched(url)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE', status: 302 });
  });

  /** Answers that need names and certificates which a loopback server cannot have. */
  const answering =
    (answers: Record<string, () => Response>): Fetch =>
    (input) =>
      Promise.resolve((answers[(input as URL).href] ?? Response.error)());
  const moved = (location: string) => () => new Response(null, { status: 302, headers: { location } });

  it('does not follow from https to http', async () => {
    const fetch = answering({ 'https://registry.example/a': moved('http://registry.example/a') });
    await expect(fetched('https://registry.example/a', { fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
      retryable: false,
    });
  });

  it('does not follow from a public name to a private address, also over a second hop', async () => {
    const fetch = answering({
      'https://registry.example/a': moved('https://cdn.example/a'),
      'https://cdn.example/a': moved('https://169.254.169.254/latest'),
    });
    await expect(fetched('https://registry.example/a', { fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
      message: expect.stringContaining('private') as string,
    });
  });

  it('lets a browser follow what it does not show, without credentials', async () => {
    const seen: RequestInit[] = [];
    const opaque = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    });
    const end = Object.defineProperty(new Response(bytes), 'url', { value: 'https://cdn.example/a' });
    const fetch: Fetch = (_, init = {}) => Promise.resolve(seen.push(init) === 1 ? opaque : end);
    expect(await fetched('https://registry.example/a', { fetch, authorize })).toEqual(bytes);
    expect(seen.map(({ redirect }) => redirect)).toEqual(['manual', 'follow']);
    expect(new Headers(seen[1]?.headers).has('authorization')).toBe(false);
  });

  it('refuses where a browser was led to when that is not safe', async () => {
    const opaque = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    });
    const end = Object.defineProperty(new Response(bytes), 'url', { value: 'http://127.0.0.1/a' });
    let calls = 0;
    const fetch: Fetch = () => Promise.resolve(++calls === 1 ? opaque : end);
    await expect(fetched('http://registry.example/a', { fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
    });
  });

  it('gives up on a fetch that does not heed its signal', async () => {
    const controller = new AbortController();
    const fetch: Fetch = () => new Promise(() => undefined);
    const reading = fetched('https://registry.example/a', { fetch }, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(reading).rejects.toThrow('enough');
  });

  it('does not ask twice where the certificate is wrong', async () => {
    let calls = 0;
    const fetch: Fetch = () => {
      calls++;
      const cause = Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      return Promise.reject(new TypeError('fetch failed', { cause }));
    };
    await expect(fetched('https://registry.example/a', { fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
      message: expect.stringContaining('SELF_SIGNED') as string,
    });
    expect(calls).toBe(1);
  });

  it.each([
    ['more', 4, 1],
    ['fewer', 6, 7],
  ])('refuses a body of %s bytes than announced', async (_, announced, attempts) => {
    let calls = 0;
    const fetch: Fetch = () => {
      calls++;
      return Promise.resolve(new Response('12345', { headers: { 'content-length': String(announced) } }));
    };
    await expect(fetched('https://registry.example/a', { fetch })).rejects.toMatchObject({
      code: 'ERR_SOURCE_UNAVAILABLE',
    });
    expect(calls).toBe(attempts);
  });

  it('asks again where the connection is refused', async () => {
    const { url, requests } = await serve((request, response, count) => {
      if (count === 1) request.socket.destroy();
      else response.end('x');
    });
    expect(await fetched(url)).toHaveLength(1);
    expect(requests).toHaveLength(2);
  });
});
