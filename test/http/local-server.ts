import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** A server on loopback that answers as a test wants, and remembers what it was asked. */
export interface LocalServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: Server[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(close));
});

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Starts a server; it is closed when the test is over. */
export async function serve(answer: Answer): Promise<LocalServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends the head and the first bytes of a body, and then cuts the connection. */
export function cutAfter(response: ServerResponse, bytes: Uint8Array, sent: number): void {
  response.write(bytes.subarray(0, sent), () => setTimeout(() => response.destroy(), 10));
}
