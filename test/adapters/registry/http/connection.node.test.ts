import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createConnection } from '../../../../src/adapters/registry/http/create-connection.ts';
import { streamOf } from '../../../../src/bytes/source.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { serve } from '../../../http/local-server.ts';
import { basic, noWait, password, pull, push, textOf } from './network.ts';

const get = { scopes: pull, expect: [200] };

function hostOf(url: string, name?: string): string {
  const { host, port } = new URL(url);
  return name === undefined ? host : `${name}:${port}`;
}

describe('a connection to servers on this machine', () => {
  it('authorises with a token server on another port, and keeps the token from a third', async () => {
    const storage = await serve((request, response) => void response.end(request.headers.authorization ?? 'nothing'));
    const tokens = await serve((_, response) => void response.end('{"token":"t1","expires_in":60}'));
    const registry = await serve((request, response) => {
      if (request.headers.authorization === 'Bearer t1')
        response.writeHead(307, { location: `${storage.url}/b` }).end();
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token",service="s"` }).end();
    });
    const connection = createConnection({ host: hostOf(registry.url), credentials: () => password });
    expect(await textOf(await connection.ask('team/app/blobs/x', get))).toBe('nothing');
    expect(tokens.requests.map((request) => request.headers.authorization)).toEqual([basic]);
    expect(registry.requests.map(({ url }) => url)).toEqual(['/v2/', '/v2/team/app/blobs/x']);
  });

  it('C8: takes another name or port of the same machine for another origin', async () => {
    const other = await serve((request, response) => void response.end(request.headers.authorization ?? 'nothing'));
    const registry = await serve((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      } else response.end('ok');
    });
    const connection = createConnection({ host: hostOf(registry.url), credentials: () => password });
    expect(await textOf(await connection.ask('x', get))).toBe('ok');
    for (const target of [other.url, `http://${hostOf(other.url, 'localhost')}`]) {
      expect(await textOf(await connection.ask(new URL(target), get))).toBe('nothing');
    }
    const alias = new URL(`http://${hostOf(registry.url, 'localhost')}/v2/x`);
    await expect(connection.ask(alias, get)).rejects.toMatchObject({ status: 401 });
    expect(registry.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('sends a stream once it is authorised, and once again after its token is over', async () => {
    const bodies: string[] = [];
    let valid = 't1';
    let issued = 0;
    const registry = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const { pathname } = new URL(request.url ?? '', 'http://x');
        if (pathname === '/token') return void response.end(`{"token":"t${++issued}"}`);
        if (request.method === 'PUT') bodies.push(body);
        if (request.headers.authorization === `Bearer ${valid}`) response.writeHead(201).end();
        else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end();
      });
    });
    const connection = createConnection({ host: hostOf(registry.url) });
    const put = { method: 'PUT', body: () => streamOf(utf8('content')), scopes: push, expect: [201] } as const;
    await connection.ask('x', put);
    valid = 't2';
    await connection.ask('x', put);
    expect(bodies).toEqual(['content', 'content', 'content']);
  });

  it('says that nothing listens at a port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const connection = createConnection({ host: `127.0.0.1:${port}`, clock: noWait });
    await expect(connection.ask('x', get)).rejects.toMatchObject({
      code: 'ERR_REGISTRY_NETWORK',
      details: { system: 'ECONNREFUSED' },
    });
  });

  it('fails with the code of the network where a server cuts each connection', async () => {
    const registry = await serve((request) => void request.socket.destroy());
    const connection = createConnection({ host: hostOf(registry.url), clock: noWait, unsafePlainHttp: true });
    await expect(connection.ask('x', get)).rejects.toMatchObject({ code: 'ERR_REGISTRY_NETWORK', retryable: true });
    expect(registry.requests).toHaveLength(7);
  });
});
