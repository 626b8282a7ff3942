import { describe, expect, it } from 'vitest';
import { createHttpClient, type AskOptions } from '../../src/http/http-client.ts';
import { parseHttpUrl, redactUrl } from '../../src/http/redact-url.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { streamOf } from '../../src/bytes/source.ts';
import { cutAfter, serve } from './local-server.ts';

const clock = { sleep: (): Promise<void> => Promise.resolve() };
const client = createHttpClient({ clock });

async function ask(url: string, options: AskOptions = {}): Promise<{ status: number; text: string }> {
  const answer = await client.ask(new URL(url), options);
  let text = '';
  for await (const chunk of answer.chunks()) text += new TextDecoder().decode(chunk);
  return { status: answer.response.status, text };
}

describe('createHttpClient', () => {
  it.each([
    ['text', () => 'hello'],
    ['a stream', () => streamOf(utf8('hello'))],
  ])('sends %s, made again for each attempt', async (_, body) => {
    const bodies: string[] = [];
    const { url } = await serve((request, response, count) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.writeHead(count === 1 ? 503 : 201).end());
    });
    expect(await ask(url, { method: 'PUT', body, expect: [201] })).toMatchObject({ status: 201 });
    expect(bodies).toEqual(['hello', 'hello']);
  });

  it('does not send a POST twice', async () => {
    const { url, requests } = await serve((_, response) => {
      response.writeHead(503).end();
    });
    await expect(ask(url, { method: 'POST' })).rejects.toMatchObject({ kind: 'status', status: 503 });
    expect(requests).toHaveLength(1);
  });

  it.each([301, 302, 303])('does not send a PUT to where it is redirected with %d', async (status) => {
    const { url, requests } = await serve((_, response) => {
      response.writeHead(status, { location: '/b' }).end();
    });
    await expect(ask(url, { method: 'PUT', body: () => 'x' })).rejects.toMatchObject({ kind: 'redirect' });
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['PUT', 307],
    ['PATCH', 308],
    ['POST', 307],
    ['DELETE', 308],
  ])(
    'sends a %s again where %d says that it stays what it is, without credentials for another origin',
    async (method, status) => {
      const seen: string[] = [];
      const other = await serve((request, response) => {
        request.setEncoding('utf8').on('data', (text: string) => seen.push(text));
        request.on('end', () => response.writeHead(201).end());
      });
      const { url } = await serve((_, response) => {
        response.writeHead(status, { location: `${other.url}/b` }).end();
      });
      const options = { method, expect: [201], authorize: () => ({ authorization: 'Basic eA==' }) };
      await ask(url, { ...options, ...(method === 'DELETE' ? {} : { body: () => 'x' }) });
      expect(other.requests[0]).toMatchObject({ method, url: '/b' });
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
      expect(seen.join('')).toBe(method === 'DELETE' ? '' : 'x');
    },
  );

  it('sends a POST twice where that does no more than sending it once, and a PUT not where it does', async () => {
    const { url, requests } = await serve((_, response, count) => {
      response.writeHead(count === 2 ? 201 : 503).end();
    });
    await expect(ask(url, { method: 'PUT', repeatable: false })).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(1);
    expect(await ask(url, { method: 'POST', repeatable: true, expect: [201] })).toMatchObject({ status: 201 });
  });

  it('gives back the connection of a redirect that it does not follow', async () => {
    const { url } = await serve((_, response, count) => {
      response.writeHead(count === 1 ? 302 : 200, { location: 'ftp://files.example/' }).end('hello');
    });
    const narrow = createHttpClient({ clock, concurrency: { total: 1, perOrigin: 1 } });
    await expect(narrow.ask(new URL(url))).rejects.toMatchObject({ kind: 'redirect' });
    const answer = await narrow.ask(new URL(url));
    expect(answer.response.status).toBe(200);
    await answer.discard();
  });

  it('takes a HEAD without a body', async () => {
    const { url } = await serve((_, response) => {
      response.setHeader('content-length', 5).end();
    });
    expect(await ask(url, { method: 'HEAD' })).toEqual({ status: 200, text: '' });
    const answer = await client.ask(new URL(url), { method: 'HEAD' });
    await expect(answer.discard()).resolves.toBeUndefined();
  });

  it('keeps the beginning of what a server says of its failure', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(400, { 'x-reason': 'because' }).end('x'.repeat(100_000));
    });
    const error: unknown = await ask(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 400, kind: 'status', retryable: false });
    const { body, headers } = error as { body: Uint8Array; headers: Headers };
    expect([body.length, headers.get('x-reason')]).toEqual([65_536, 'because']);
  });

  it('keeps what came of it when it is cut', async () => {
    const { url } = await serve((_, response) => {
      cutAfter(response.writeHead(400, { 'content-length': 10 }), utf8('0123456789'), 4);
    });
    await expect(ask(url)).rejects.toMatchObject({ status: 400, body: utf8('0123') });
  });

  it('lets an abort through while it reads what a server says of its failure', async () => {
    const controller = new AbortController();
    const { url } = await serve((_, response) => {
      response.writeHead(400).write('x');
      setTimeout(() => controller.abort(new Error('enough')), 20);
    });
    await expect(ask(url, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('takes an option that is undefined for one that was not given', async () => {
    const { url } = await serve((_, response) => {
      response.end('x');
    });
    const other = createHttpClient({ timeouts: { headersMs: undefined as never }, concurrency: undefined });
    expect((await other.ask(new URL(url))).response.status).toBe(200);
  });
});

describe('redactUrl', () => {
  it('leaves scheme, host, port and path', () => {
    expect(redactUrl(new URL('https://u:p@registry.example:8443/a/b?q=1#f'))).toBe('https://registry.example:8443/a/b');
  });
});

describe('parseHttpUrl', () => {
  it('takes http and https and nothing else', () => {
    expect(parseHttpUrl('http://registry.example')?.href).toBe('http://registry.example/');
    expect(parseHttpUrl('https://registry.example/x')?.protocol).toBe('https:');
    expect([parseHttpUrl('file:///x'), parseHttpUrl('x'), parseHttpUrl('')]).toEqual([undefined, undefined, undefined]);
  });
});
