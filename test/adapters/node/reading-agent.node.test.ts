import { createHash, randomBytes } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ReadingAgent } from '../../../src/adapters/node/reading-agent.ts';

const servers: http.Server[] = [];
const agents: http.Agent[] = [];

afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
  for (const server of servers.splice(0)) server.closeAllConnections();
});

async function serve(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function readingAgent(): http.Agent {
  const agent = new ReadingAgent({ keepAlive: true });
  agents.push(agent);
  return agent;
}

function get(url: string, agent: http.Agent): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => http.get(url, { agent }, resolve).on('error', reject));
}

async function hashOf(body: http.IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

describe('connections that read into one array', () => {
  it('keep bodies apart that come at the same time', async () => {
    const bodies = Array.from({ length: 6 }, () => randomBytes(3_000_000));
    const url = await serve(({ url: path = '' }, response) => response.end(bodies[Number(path.slice(1))]));
    const agent = readingAgent();
    const hashes = await Promise.all(bodies.map(async (_, index) => hashOf(await get(`${url}${index}`, agent))));
    expect(hashes).toEqual(bodies.map((body) => createHash('sha256').update(body).digest('hex')));
  });

  it('keep what was read although more comes after it', async () => {
    const parts = Array.from({ length: 8 }, () => randomBytes(100_000));
    const url = await serve((_, response) => {
      const send = async (): Promise<void> => {
        for (const part of parts) {
          response.write(part);
          await sleep(5);
        }
        response.end();
      };
      void send();
    });
    const kept: Buffer[] = [];
    for await (const chunk of await get(url, readingAgent())) kept.push(chunk as Buffer);
    expect(Buffer.concat(kept).equals(Buffer.concat(parts))).toBe(true);
  });

  it('end a body that ends with its connection', async () => {
    const body = randomBytes(500_000);
    const url = await serve((_, response) => {
      response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'), body]));
    });
    const hash = await hashOf(await get(url, readingAgent()));
    expect(hash).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('fail a body that is cut', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write(randomBytes(10_000), () => response.destroy());
    });
    await expect(hashOf(await get(url, readingAgent()))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('read no further while nobody takes what came', async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const part = Buffer.alloc(1 << 20);
      const more = (): void => {
        while (!response.destroyed && sent < 200 << 20) {
          sent += part.length;
          if (!response.write(part)) break;
        }
      };
      response.on('drain', more);
      more();
    });
    const body = await get(url, readingAgent());
    body.pause();
    await sleep(300);
    const before = sent;
    await sleep(300);
    // What is on its way fills the buffers of the system, and no more.
    expect([sent, sent < 100 << 20]).toEqual([before, true]);
    body.destroy();
  });

  it('are used again', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('content');
    });
    const agent = readingAgent();
    for (let index = 0; index < 4; index++) {
      await hashOf(await get(url, agent));
      await sleep(1);
    }
    expect(ports.size).toBe(1);
  });
});
