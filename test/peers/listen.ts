import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.ts';

export interface ListenOptions {
  /** Listens over TLS with this certificate. */
  readonly tls?: KeyPair | undefined;
}

/** A server of this process. */
export interface Listening {
  /** The loopback address with its port. */
  readonly host: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on a free port of the loopback. */
export async function listen(listener: RequestListener, { tls }: ListenOptions = {}): Promise<Listening> {
  const server =
    tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ key: readFileSync(tls.keyFile), cert: readFileSync(tls.certificateFile) }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}
