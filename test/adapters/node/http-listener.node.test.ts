import { connect, type Socket } from 'node:net';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest, Agent } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type FetchHandler, type ListenOptions } from '../../../src/adapters/node/http-listener.ts';
import { someBytes } from '../../../src/testing/bytes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(handler: FetchHandler, options: ListenOptions = {}): Promise<URL> {
  const { url, close } = await listen(handler, { grace: 100, ...options });
  closing.push(close);
  return url;
}

const text = (body: string, init?: ResponseInit): Promise<Response> => Promise.resolve(new Response(body, init));

/** Sends what is given as it is, and gives all that comes back until the connection ends. */
async function raw(url: URL, sent: string): Promise<string> {
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.write(sent);
  return receivedBy(socket);
}

function receivedBy(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (received += piece));
    socket.on('close', () => resolve(received)).on('error', reject);
  });
}

function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}

describe('a fetch handler that listens', () => {
  it('is given method, address, headers and body, and its answer is sent', async () => {
    const url = await start(async (request) => {
      const seen = [request.method, request.url, request.headers.get('x-one'), await request.text()];
      return Response.json(seen, { status: 201, headers: { 'x-two': '2' } });
    });
    const answer = await fetch(new URL('/v2/a?b=c%2Fd', url), {
      method: 'PUT',
      headers: { 'x-one': '1' },
      body: 'hello',
    });
    expect([answer.status, answer.headers.get('x-two'), await answer.json()]).toEqual([
      201,
      '2',
      ['PUT', `${url.href}v2/a?b=c%2Fd`, '1', 'hello'],
    ]);
  });

  it('streams large bodies both ways', async () => {
    const bytes = someBytes(5_000_011);
    const url = await start(async (request) => new Response(request.body));
    const answer = await fetch(url, { method: 'POST', body: bytes });
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('keeps each header line and each cookie', async () => {
    const url = await start(async (request) => {
      const headers = new Headers({ 'x-got': request.headers.get('accept') ?? '' });
      headers.append('set-cookie', 'a=1');
      headers.append('set-cookie', 'b=2');
      return new Response(null, { headers });
    });
    const received = await raw(url, 'GET / HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/x-got: a, b\r\n/);
    expect(received).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    expect(received).toMatch(/content-length: 0\r\n/);
  });

  it('answers HEAD with the length that the answer has, and no body', async () => {
    const url = await start(() => text('12345', { headers: { 'content-length': '5' } }));
    const received = await raw(url, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-length: 5\r\n[^]*\r\n\r\n$/);
  });

  it.each([204, 304])('sends no body with %i', async (status) => {
    const url = await start(() => Promise.resolve(new Response(null, { status })));
    const received = await raw(url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/\r\n\r\n$/);
    expect(received).not.toMatch(/content-length|transfer-encoding/i);
  });

  it('takes the length of a body from the head of the answer', async () => {
    const url = await start(() =>
      text('12345', { headers: { 'content-length': '5', 'transfer-encoding': 'chunked' } }),
    );
    const received = await raw(url, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(received).toMatch(/\r\n\r\n12345$/);
    expect(received).not.toMatch(/transfer-encoding/i);
  });

  it.each([
    ['shorter', '9'],
    ['longer', '2'],
  ])('cuts the connection where the body is %s than the head says', async (_what, length) => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const url = await start(() => text('12345', { headers: { 'content-length': length } }), { onError });
    await expect(fetch(url).then((answer) => answer.text())).rejects.toBeInstanceOf(TypeError);
    expect(errors).toHaveLength(1);
  });

  it('cuts the connection where the body fails', async () => {
    const body = (): ReadableStream<Uint8Array> => {
      let turn = 0;
      return new ReadableStream({
        pull(controller) {
          if (turn++ === 0) controller.enqueue(new Uint8Array(10));
          else controller.error(new Error('disk'));
        },
      });
    };
    const url = await start(() => Promise.resolve(new Response(body())));
    await expect(fetch(url).then((answer) => answer.text())).rejects.toBeInstanceOf(TypeError);
  });

  it('closes the connection with no answer for a network error', async () => {
    const url = await start(() => Promise.resolve(Response.error()));
    expect(await raw(url, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  });

  it('says nothing of what a handler threw', async () => {
    const errors: unknown[] = [];
    const secret = new Error('secret path');
    const url = await start(() => Promise.reject(secret), { onError: (error) => errors.push(error) });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([500, 'internal error\n']);
    expect(errors).toEqual([secret]);
  });

  it('keeps a connection for the next request, also where a body was not read', async () => {
    const url = await start(() => text('ok'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports: (number | undefined)[] = [];
    for (const size of [10, 3_000_000, 0]) {
      ports.push(
        await new Promise((resolve, reject) => {
          const request = httpRequest(url, { method: 'PUT', agent }, (response) => {
            const port = request.socket?.localPort;
            response.resume().on('end', () => resolve(port));
          });
          request.on('error', reject).end(new Uint8Array(size));
        }),
      );
    }
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  it('takes only so much of a body that nobody reads', async () => {
    const url = await start(() => text('no', { status: 401 }));
    const socket = connect(Number(url.port), '127.0.0.1');
    const ended = new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
    const first = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(bytes.toString('latin1'))));
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 ** 40}\r\n\r\n`);
    let sent = 0;
    const write = (): void => {
      while (!socket.destroyed && socket.write(new Uint8Array(65_536))) sent += 65_536;
      if (!socket.destroyed) socket.once('drain', write);
    };
    write();
    expect(await first).toMatch(/^HTTP\/1.1 401 /);
    await ended;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a client that waits to be told to go on', () => {
  const head = 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n';

  it('is told so when its body is read', async () => {
    const url = await start(async (request) => new Response(await request.text()));
    const socket = connect(Number(url.port), '127.0.0.1');
    socket.write(head);
    socket.once('data', () => socket.write('12345'));
    expect(await receivedBy(socket)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[^]*12345/);
  });

  it('is answered, and its connection closed, when it is not', async () => {
    const url = await start(() => text('no', { status: 401 }));
    expect(await raw(url, head.replace('Connection: close\r\n', ''))).toMatch(/^HTTP\/1.1 401 [^]*connection: close/i);
  });
});

describe('a request that cannot be one', () => {
  it.each([
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n', 400],
    ['a host with a user', 'GET / HTTP/1.1\r\nHost: a@b\r\n', 400],
    ['a host that no URL can have', 'GET / HTTP/1.1\r\nHost: [::\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n', 400],
    ['an address of another scheme', 'GET ftp://x/ HTTP/1.1\r\nHost: x\r\n', 400],
    ['an address with a user', 'GET http://a:b@x/ HTTP/1.1\r\nHost: x\r\n', 400],
    ['a method that fetch does not know', 'TRACE / HTTP/1.1\r\nHost: x\r\n', 400],
    ['a head beyond all measure', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n`, 431],
    ['two lengths', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n', 400],
  ])('%s is refused', async (_what, head, status) => {
    const url = await start(() => text('reached'));
    expect(await raw(url, `${head}Connection: close\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each([
    [
      'a path that starts with two slashes',
      'GET //evil.example/x HTTP/1.1\r\nHost: here\r\n',
      'http://here//evil.example/x',
    ],
    ['a whole address', 'GET http://there/x HTTP/1.1\r\nHost: here\r\n', 'http://there/x'],
    ['an IPv6 host', 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n', 'http://[::1]/'],
  ])('%s is taken as it is meant', async (_what, head, seen) => {
    const url = await start((request) => text(request.url));
    expect(await raw(url, `${head}Connection: close\r\n\r\n`)).toContain(`\n${seen}\r\n`);
  });

  it('of HTTP/1.0 is taken as one to the address that is bound', async () => {
    const url = await start((request) => text(request.url));
    expect(await raw(url, 'GET /x HTTP/1.0\r\n\r\n')).toMatch(/http:\/\/127\.0\.0\.1\/x$/);
  });
});

describe('a client that goes away or stalls', () => {
  it('fires the signal, and ends the body', async () => {
    let seen: { aborted: Promise<unknown>; read: Promise<unknown> } | undefined;
    const url = await start((request) => {
      const aborted = new Promise((resolve) => {
        request.signal.addEventListener('abort', () => resolve((request.signal.reason as Error).name));
      });
      seen = { aborted, read: request.arrayBuffer().catch((error: unknown) => (error as Error).name) };
      return new Promise(() => undefined);
    });
    const socket = connect(Number(url.port), '127.0.0.1');
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123');
    await expect.poll(() => seen).toBeDefined();
    socket.destroy();
    expect([await seen?.aborted, await seen?.read]).toEqual(['AbortError', 'AbortError']);
  });

  it('ends the body of an answer that it does not take to the end', async () => {
    let cancelled = false;
    const body = endless();
    const url = await start(() =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            async start() {
              await body.cancel();
            },
            pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
            cancel: () => {
              cancelled = true;
            },
          }),
        ),
      ),
    );
    const answer = await fetch(url);
    await answer.body?.cancel();
    await expect.poll(() => cancelled).toBe(true);
  });

  it('is cut where it sends nothing in the middle of its body', async () => {
    const url = await start(async (request) => new Response(await request.text()), { idleTimeout: 50 });
    expect(await raw(url, 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123')).toBe('');
  });

  it('is cut where it sends a byte now and then', async () => {
    const url = await start(async (request) => new Response(await request.text()), { idleTimeout: 100 });
    const socket = connect(Number(url.port), '127.0.0.1').resume();
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
    clearInterval(drip);
  });

  it('is no news where it goes away in the middle of an answer', async () => {
    const errors: unknown[] = [];
    let cancelled = false;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      controller.enqueue(new Uint8Array(100_000));
    };
    const url = await start(
      () => {
        const body = new ReadableStream({ pull, cancel: () => void (cancelled = true) });
        return Promise.resolve(new Response(body, { headers: { 'content-length': String(1 << 30) } }));
      },
      { onError: (error) => errors.push(error) },
    );
    const answer = await fetch(url);
    await answer.body?.cancel();
    await expect.poll(() => cancelled).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(errors).toEqual([]);
  });

  it('is cut where it takes nothing', async () => {
    let done = false;
    const body = endless().pipeThrough(new TransformStream());
    const url = await start(() => Promise.resolve(new Response(body)), {
      idleTimeout: 50,
      onError: () => (done = true),
    });
    const socket = connect(Number(url.port), '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.resume();
    await closed;
    expect(done).toBe(false);
  });

  it('is not waited for while the handler works', async () => {
    const url = await start(
      async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        return new Response(await request.text());
      },
      { idleTimeout: 50 },
    );
    const answer = await fetch(url, { method: 'PUT', body: someBytes(2_000_000) });
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(2_000_000);
  });

  it('is cut where its head takes too long', async () => {
    const url = await start(() => text('ok'), { headTimeout: 100 });
    expect(await raw(url, 'GET / HTTP/1.1\r\nHost:')).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('a server with a certificate', () => {
  it('speaks TLS, and says so in the address of a request', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'packwright-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, '-subj', '/CN=localhost'], { stdio: 'ignore' });
    const tls = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
    await rm(folder, { recursive: true });
    const url = await start((request) => text(request.url), { tls });
    const received = await new Promise((resolve, reject) => {
      secureRequest(url, { ca: tls.cert, checkServerIdentity: () => undefined }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      })
        .on('error', reject)
        .end();
    });
    expect(received).toBe(`https://127.0.0.1:${url.port}/`);
  });
});

describe('a server that is closed', () => {
  it('lets requests end, and takes no more', async () => {
    const { url, close } = await listen(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return new Response('done');
    });
    const answer = fetch(url).then((response) => response.text());
    await new Promise((resolve) => setTimeout(resolve, 30));
    await Promise.all([expect(answer).resolves.toBe('done'), close()]);
    await expect(fetch(url)).rejects.toBeInstanceOf(TypeError);
  });

  it('cuts what goes on after the grace', async () => {
    const { url, close } = await listen(() => new Promise(() => undefined), { grace: 50 });
    const answer = expect(fetch(url)).rejects.toBeInstanceOf(TypeError);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await close();
    await answer;
  });
});

describe('an address that cannot be had', () => {
  it('names the port that another server has', async () => {
    const url = await start(() => text('ok'));
    await expect(listen(() => text('ok'), { port: Number(url.port) })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'port',
    });
  });

  it('names the host that this machine has not', async () => {
    await expect(listen(() => text('ok'), { host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'host',
    });
  });

  it('refuses a certificate that is none', async () => {
    await expect(listen(() => text('ok'), { tls: { cert: 'x', key: 'y' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'tls',
    });
  });
});
