import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { httpSource } from '../../../src/adapters/source/http.ts';
import {
  undiciTransport,
  type UndiciTransport,
  type UndiciTransportOptions,
} from '../../../src/adapters/transport/undici.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { streamOf } from '../../../src/bytes/source.ts';
import { readAll } from '../../../src/bytes/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-test-'));
let key: string;
let cert: string;

beforeAll(() => {
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', keyFile, '-out', certFile, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...names], { stdio: 'ignore' });
  key = readFileSync(keyFile, 'utf8');
  cert = readFileSync(certFile, 'utf8');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers: Server[] = [];
const transports: UndiciTransport[] = [];

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function transport(options: UndiciTransportOptions): UndiciTransport {
  const made = undiciTransport(options);
  transports.push(made);
  return made;
}

const origin = async (): Promise<string> => {
  const port = await listen(createServer((request, response) => request.pipe(response.writeHead(200))));
  return `http://127.0.0.1:${port}`;
};

const secureOrigin = async (): Promise<string> => {
  const port = await listen(createSecureServer({ key, cert }, (_, response) => response.end('secure')));
  return `https://localhost:${port}`;
};

/** A proxy that takes plain requests and tunnels, and writes down what it was asked for. */
async function proxy(): Promise<{ url: string; seen: string[]; auth: (string | undefined)[] }> {
  const seen: string[] = [];
  const auth: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    auth.push(request.headers['proxy-authorization']);
    request.pipe(httpRequest(request.url ?? '', { method: request.method }, (answer) => answer.pipe(response)));
  });
  server.on('connect', (request, socket, head) => {
    seen.push(`CONNECT ${request.url ?? ''}`);
    auth.push(request.headers['proxy-authorization']);
    const upstream = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, seen, auth };
}

const textOf = async (answer: Promise<Response>): Promise<string> => (await answer).text();

describe('undiciTransport', () => {
  it('fetches as the platform does, with URLs, texts and requests', async () => {
    const url = await origin();
    const { fetch } = transport({ connections: 2 });
    expect(await textOf(fetch(new URL(url)))).toBe('');
    expect(await textOf(fetch(url, { method: 'POST', body: 'text' }))).toBe('text');
    const headers = new Headers({ 'x-a': 'b' });
    expect(await textOf(fetch(new Request(url, { method: 'POST', body: 'text', headers })))).toBe('text');
    expect(await textOf(fetch(new Request(url)))).toBe('');
    const body = streamOf(utf8('streamed'));
    expect(await textOf(fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit))).toBe('streamed');
  });

  it('trusts a certificate that it was given, besides those of the platform', async () => {
    const url = await secureOrigin();
    expect(await textOf(transport({ ca: [cert] }).fetch(url))).toBe('secure');
  });

  it('trusts no other certificate, unless told to', async () => {
    const url = await secureOrigin();
    await expect(transport({}).fetch(url)).rejects.toThrow(TypeError);
    expect(await textOf(transport({ unsafeAnyCertificate: true }).fetch(url))).toBe('secure');
  });

  it('shows a certificate to a server that wants to know who asks, and not to a proxy', async () => {
    const options = { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true };
    const server = createSecureServer(options, (_, response) => response.end('known'));
    const [url, via] = [`https://localhost:${await listen(server)}`, await proxy()];
    await expect(transport({ ca: [cert] }).fetch(url)).rejects.toThrow(TypeError);
    expect(await textOf(transport({ ca: [cert], cert, key }).fetch(url))).toBe('known');
    expect(await textOf(transport({ ca: [cert], cert, key, proxy: via.url }).fetch(url))).toBe('known');
  });

  it.each([
    ['a certificate without its key', () => ({ cert })],
    ['a key without its certificate', () => ({ key })],
    ['a key that is none', () => ({ cert, key: '-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----' })],
    ['a CA that is no PEM', () => ({ ca: ['geheim'] })],
  ])('refuses %s at once, and repeats nothing of it', (_what, options) => {
    const failure = expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.not.stringContaining('geheim') as string,
    }) as Error;
    expect(() => undiciTransport(options())).toThrow(failure);
  });

  it('sends plain requests to the proxy as they are', async () => {
    const [url, via] = [await origin(), await proxy()];
    const { fetch } = transport({ proxy: via.url.replace('//', '//user:p%40ss@') });
    expect(await textOf(fetch(`${url}/a`, { method: 'POST', body: 'x' }))).toBe('x');
    expect(via.seen).toEqual([`POST ${url}/a`]);
    expect(via.auth).toEqual([`Basic ${btoa('user:p@ss')}`]);
  });

  it('makes a tunnel through the proxy for https', async () => {
    const [url, via] = [await secureOrigin(), await proxy()];
    expect(await textOf(transport({ proxy: via.url, ca: [cert] }).fetch(url))).toBe('secure');
    expect(via.seen).toEqual([`CONNECT ${new URL(url).host}`]);
    await expect(transport({ proxy: via.url }).fetch(url)).rejects.toThrow(TypeError);
  });

  it('asks a function for the proxy of each URL', async () => {
    const [direct, proxied, via] = [await origin(), await origin(), await proxy()];
    const { fetch } = transport({ proxy: (url) => (url.origin === proxied ? via.url : undefined) });
    await textOf(fetch(direct));
    await textOf(fetch(proxied));
    await textOf(fetch(proxied));
    expect(via.seen).toEqual([`GET ${proxied}/`, `GET ${proxied}/`]);
  });

  it.each([
    ['*', true],
    ['127.0.0.1', true],
    ['127.0.0.1:PORT', true],
    ['127.0.0.1:1', false],
    ['.0.0.1', true],
    ['*.0.1', true],
    ['27.0.0.1', false],
    ['', false],
    ['registry.example', false],
  ])('with %j under noProxy goes around the proxy: %s', async (entry, around) => {
    const [url, via] = [await origin(), await proxy()];
    const noProxy = [entry.replace('PORT', new URL(url).port)];
    await textOf(transport({ proxy: via.url, noProxy }).fetch(url));
    expect(via.seen).toHaveLength(around ? 0 : 1);
  });

  it.each(['nonsense', 'socks5://127.0.0.1:1', 'user:geheim@host'])(
    'refuses the proxy %s without repeating it',
    async (value) => {
      const refused: unknown = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'proxy' });
      expect(() => undiciTransport({ proxy: value })).toThrow(refused);
      const failure: unknown = await transport({ proxy: () => value })
        .fetch('http://registry.example')
        .catch((error: unknown) => error);
      expect((failure as Error).cause).toEqual(refused);
      expect(String((failure as Error).cause)).not.toContain('geheim');
    },
  );

  it('refuses an option that it does not know', () => {
    expect(() => undiciTransport({ strict: false } as UndiciTransportOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('serves a source', async () => {
    const url = await secureOrigin();
    const source = httpSource({ fetch: transport({ ca: [cert] }).fetch });
    const stream = await source.open({ name: 'x', location: url, digests: [] });
    expect(await readAll(stream as ReadableStream<Uint8Array>, { limit: 100 })).toEqual(utf8('secure'));
  });
});
