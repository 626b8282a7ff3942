import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { directFetch } from '../../../src/adapters/node/direct-fetch.ts';
import { readAll, streamFrom } from '../../../src/bytes/stream.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ readonly url: URL; readonly server: Server }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`) };
}

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });

/** Answers with what it was sent. */
const echo: RequestListener = (request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { method, headers, url } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(parts).toString() }));
  });
};

interface Echo {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const manual = { redirect: 'manual' } as const;

describe('what directFetch sends', () => {
  const { fetch } = directFetch();
  const said = async (init: RequestInit): Promise<Echo> => {
    const { url } = await serve(echo);
    const answer = await fetch(url, { ...manual, ...init });
    return (await answer.json()) as Echo;
  };

  it('is the method and the headers as they are', async () => {
    const { method, headers } = await said({ method: 'DELETE', headers: { 'X-Mark': 'a b' } });
    expect(method).toBe('DELETE');
    expect(headers).toMatchObject({ 'x-mark': 'a b', accept: '*/*', 'user-agent': 'packwright' });
  });

  it('is bytes and text with their length', async () => {
    const bytes = await said({ method: 'PUT', body: new Uint8Array([104, 105]) });
    expect(bytes).toMatchObject({ body: 'hi', headers: { 'content-length': '2' } });
    const text = await said({ method: 'PUT', body: 'hé' });
    expect(text).toMatchObject({ body: 'hé', headers: { 'content-length': '3' } });
  });

  it('says that a POST without a body has none', async () => {
    expect(await said({ method: 'POST' })).toMatchObject({ body: '', headers: { 'content-length': '0' } });
  });

  it('is a stream with the length that the caller knows', async () => {
    const part = new TextEncoder().encode('0123456789'.repeat(50_000));
    const chunks = (async function* () {
      for (let index = 0; index < 8; index++) yield await Promise.resolve(part);
    })();
    const headers = { 'content-length': String(part.length * 8) };
    const { body, ...rest } = await said({ method: 'PUT', headers, body: streamFrom(chunks) as BodyInit });
    expect(rest.headers).toMatchObject(headers);
    expect(rest.headers).not.toHaveProperty('transfer-encoding');
    expect(body.length).toBe(part.length * 8);
  });

  it('goes over one connection, one request after the other', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.writeHead(202).end();
    });
    for (let index = 0; index < 5; index++) await (await fetch(url, { ...manual, method: 'POST' })).text();
    expect(ports.size).toBe(1);
  });

  it('is given up when the stream fails, with its error', async () => {
    const { url } = await serve(echo);
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.error(new Error('the file was changed'));
      },
    });
    await expect(fetch(url, { ...manual, method: 'PUT', body: body as BodyInit })).rejects.toThrow('was changed');
  });
});

describe('what directFetch gives', () => {
  const { fetch } = directFetch();

  it('is the status, the headers and the bytes', async () => {
    const large = Buffer.alloc(3_000_000, 7);
    const { url } = await serve((_request, response) => {
      response.writeHead(206, { 'content-type': 'text/x', 'x-twice': ['a', 'b'] }).end(large);
    });
    const answer = await fetch(url.href, manual);
    expect(answer.status).toBe(206);
    expect(answer.headers.get('x-twice')).toBe('a, b');
    const body = await readAll(answer.body as ReadableStream<Uint8Array>, { limit: large.length });
    expect(Buffer.compare(body, large)).toBe(0);
  });

  it('has no body after HEAD, with 204, and where the length is 0', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(request.method === 'DELETE' ? 204 : 200, {
        'content-length': request.method === 'HEAD' ? 9 : 0,
      });
      response.end();
    });
    for (const method of ['HEAD', 'DELETE', 'GET']) expect((await fetch(url, { ...manual, method })).body).toBeNull();
  });

  it('is a redirect that nobody has followed', async () => {
    const { url } = await serve((_request, response) => response.writeHead(307, { location: '/other' }).end());
    const answer = await fetch(url, manual);
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/other']);
    await expect(fetch(url, { redirect: 'error' })).rejects.toThrow(/redirect/);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is read as it was before %s', async (coding, compress) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(compress('plain text'));
    });
    expect(await (await fetch(url, manual)).text()).toBe('plain text');
  });

  it('is an error where a compressed body is cut', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('plain text').subarray(0, 15));
    });
    await expect((await fetch(url, manual)).text()).rejects.toBeInstanceOf(Error);
  });

  it('leaves a coding that it does not know', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'private' }).end('as it is');
    });
    expect(await (await fetch(url, manual)).text()).toBe('as it is');
  });

  it('is an error where the connection ends in the middle of a body', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('some', () => response.destroy());
    });
    await expect((await fetch(url, manual)).text()).rejects.toBeInstanceOf(Error);
  });

  it('is the code of the system where nobody listens', async () => {
    const { url, server } = await serve(echo);
    await new Promise((resolve) => server.close(resolve));
    await expect(fetch(url, manual)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is an error for a status that is none', async () => {
    const { url } = await serve((_request, response) => response.writeHead(799).end('x'));
    await expect(fetch(url, manual)).rejects.toBeInstanceOf(RangeError);
  });

  it('comes before a body is sent to its end, and stops it', async () => {
    const { url } = await serve((_request, response) => response.writeHead(413).end('too much'));
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
        cancel: () => void (cancelled = true),
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-length': String(1 << 30) };
    const answer = await fetch(url, { ...manual, method: 'PUT', headers, body: body as BodyInit });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toBe('too much');
    await expect.poll(() => cancelled).toBe(true);
  });
});

describe('a signal for directFetch', () => {
  const { fetch } = directFetch();

  it('that fired already sends nothing', async () => {
    const { url } = await serve(echo);
    const reason = new Error('enough');
    await expect(fetch(url, { ...manual, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('ends the wait for an answer, whatever its reason is', async () => {
    const { url } = await serve(() => undefined);
    const controller = new AbortController();
    const answer = fetch(url, { ...manual, signal: controller.signal });
    setTimeout(() => controller.abort('because'), 20);
    await expect(answer).rejects.toMatchObject({ cause: 'because' });
  });

  it('ends a body with its reason', async () => {
    const { url } = await serve((_request, response) => void response.writeHead(200).write('some'));
    const controller = new AbortController();
    const answer = await fetch(url, { ...manual, signal: controller.signal });
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    await expect(answer.text()).rejects.toBeInstanceOf(Error);
  });

  it('is left alone when the exchange is over', async () => {
    const { url } = await serve(echo);
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.add(args[1]);
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.delete(args[1]);
      remove(...args);
    };
    await (await fetch(url, { ...manual, signal })).text();
    await expect.poll(() => listeners.size).toBe(0);
  });
});

describe('a body that nobody reads', () => {
  it('ends the connection when it is cancelled', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      request.socket.once('close', () => (closed = true));
      response.writeHead(200).write('some');
    });
    await (await directFetch().fetch(url, manual)).body?.cancel();
    await expect.poll(() => closed).toBe(true);
  });
});

describe('a body that is read in part', () => {
  it.each([64, 256, 1024, 4096])('says nothing more after %d KiB when it is cancelled', async (kibibytes) => {
    const { url } = await serve((_request, response) => response.writeHead(200).end(Buffer.alloc(1 << 24)));
    const reader = (await directFetch().fetch(url, manual)).body?.getReader();
    for (let seen = 0; seen < kibibytes * 1024;) seen += (await reader?.read())?.value?.length ?? Infinity;
    await reader?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });
});

describe('directFetch over TLS', () => {
  const certificate = (): { readonly cert: string; readonly key: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'packwright-tls-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      const names = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', [...how, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
      return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('trusts whom the platform trusts, and nobody else', async () => {
    const server = createTlsServer(certificate(), echo);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`;
    const { fetch, close } = directFetch();
    await expect(fetch(url, manual)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      const answer = await fetch(url, { ...manual, method: 'PUT', body: 'text' });
      expect(((await answer.json()) as Echo).body).toBe('text');
      await close();
      await expect.poll(() => connectionsOf(server)).toBe(0);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('what directFetch leaves to the platform', () => {
  const { fetch } = directFetch();

  it('is a request that follows redirects, one that is made already, and other bodies', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/v2/') response.writeHead(302, { location: '/other' }).end();
      else echo(request, response);
    });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(new Request(url))).status).toBe(200);
    const other = new URL('/other', url);
    const sent = await fetch(other, { ...manual, method: 'PUT', body: new Blob(['blob']) });
    expect(((await sent.json()) as Echo).body).toBe('blob');
  });
});
