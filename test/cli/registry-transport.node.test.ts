import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, run } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-tls-'));
const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
let tls = { key: '', cert: '' };

beforeAll(() => {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const out = ['-keyout', files.key, '-out', files.cert, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...out, ...names], { stdio: 'ignore' });
  tls = { key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a registry over TLS', () => {
  it('is reached where its certificate is trusted, or any', async () => {
    const [cwd, { host }] = [await emptyFolder(), await serveRegistry({ tls })];
    await writeFile(join(cwd, 'a'), 'a');
    const argv = ['pack', 'a', '-o', `${host}/app:1`];
    const { code, stderr } = await run(cwd, argv);
    expect(code).toBe(21);
    expect(stderr).toContain('--ca-file');
    expect(await run(cwd, [...argv, '--ca-file', files.cert])).toMatchObject({ code: 0 });
    const mine = ['--ca-file', files.cert, '--cert-file', files.cert, '--key-file', files.key];
    expect(await run(cwd, ['tags', `${host}/app`, ...mine])).toMatchObject({ code: 0, stdout: '1\n' });
    expect(await run(cwd, [...argv, '--insecure-skip-tls-verify'])).toMatchObject({ code: 0 });
    const json = await run(cwd, [...argv, '--json', '--quiet']);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { hint: expect.stringContaining('--ca-file') as string } });
  });
});

describe('a registry elsewhere', () => {
  /** A proxy that leads every name to one registry, and writes down what it was asked for. */
  async function proxyTo(host: string): Promise<{ readonly url: string; readonly seen: string[] }> {
    const seen: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(502).end();
    });
    server.on('connect', (request, socket: Socket) => {
      seen.push(`CONNECT ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
      const upstream = connect(Number(host.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end.on('error', () => undefined);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { url: `http://u:hush@127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }

  it('is reached through the proxy of the environment, and loopback is not', async () => {
    const names = ['registry.example', 'localhost', '127.0.0.1'];
    const [cwd, served] = [await emptyFolder(), await serveRegistry({ tls, hosts: names })];
    const { url, seen } = await proxyTo(served.host);
    const env = { HTTPS_PROXY: url };
    const flags = ['--insecure-skip-tls-verify'];
    expect(await run(cwd, ['tags', 'registry.example/app', ...flags], { env })).toMatchObject({ code: 11 });
    expect(new Set(seen)).toEqual(new Set([`CONNECT registry.example:443 Basic ${btoa('u:hush')}`]));
    const before = seen.length;
    expect(await run(cwd, ['tags', `${served.host}/app`, ...flags], { env })).toMatchObject({ code: 11 });
    expect(seen).toHaveLength(before);
    const { code, stderr } = await run(cwd, ['tags', 'registry.example/app'], { env });
    expect(code).toBe(21);
    expect(stderr).not.toContain('hush');
  });

  it('is not asked through what is no proxy', async () => {
    const env = { all_proxy: 'socks5://u:hush@127.0.0.1:1' };
    const { code, stderr } = await run(await emptyFolder(), ['tags', 'registry.example/app'], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('all_proxy');
    expect(stderr).not.toContain('hush');
  });

  it('is asked over http only where that is said', async () => {
    const names = ['registry.example'];
    const [cwd, served] = [await emptyFolder(), await serveRegistry({ hosts: names })];
    const { url, seen } = await proxyTo(served.host);
    await run(cwd, ['tags', 'registry.example/app', '--plain-http'], { env: { http_proxy: url } });
    expect(seen[0]).toBe('http://registry.example/v2/app/tags/list?n=1000');
    expect(await run(cwd, ['tags', 'registry.example/app'], { env: { http_proxy: url } })).toMatchObject({ code: 21 });
    // Some machines take long to say that they do not know a name.
  }, 60_000);
});
