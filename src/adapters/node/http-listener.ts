import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { UsageError } from '../../errors.ts';
import { isErrno } from './failure.ts';
import { clientGone, requestOf } from './incoming-request.ts';
import { nodeHttp } from './node-http.ts';
import { sendResponse } from './outgoing-response.ts';

/** Answers requests: what `Deno.serve`, `Bun.serve` and Workers take. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** Where to listen, and how long to wait for clients. */
export interface ListenOptions {
  /** The address to bind; `127.0.0.1` by default. */
  readonly host?: string | undefined;
  /** 0, the default, takes any port that is free. */
  readonly port?: number | undefined;
  /** Certificate chain and private key, in PEM. Without, it is plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** How long a client may neither send nor take anything in the middle of a body, in milliseconds. A minute by default. */
  readonly idleTimeout?: number | undefined;
  /** How long the head of a request may take, in milliseconds. 30 seconds by default. */
  readonly headTimeout?: number | undefined;
  /** How long `close` lets requests go on, in milliseconds. 5 seconds by default. */
  readonly grace?: number | undefined;
  /** Is told what a handler threw, which the client is not, and what a body failed with. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A server that listens. */
export interface Listening {
  readonly url: URL;
  /** Takes no more requests, lets those under way end, and after the grace cuts them. */
  readonly close: () => Promise<void>;
}

const maxHeadBytes = 32 * 1024;
const keepAliveTimeout = 30_000;

/**
 * Serves a fetch handler over HTTP/1.1, on what Node, Deno and Bun have in common. Bodies stream both ways; what nobody
 * reads is not received. The signal of a request fires when its client is gone. What a handler throws is a 500 that
 * says nothing more; `Response.error()` closes the connection with no answer.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where the address cannot be had, or the certificate is none.
 */
export async function listen(handler: FetchHandler, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port = 0, tls, grace = 5_000, headTimeout = 30_000 } = options;
  const connections = new Connections(handler, options);
  const server = await createAnyServer(tls, {
    maxHeaderSize: maxHeadBytes,
    headersTimeout: headTimeout,
    // A large blob over a slow line takes its time; whoever stalls is found by the idle timeout.
    requestTimeout: 0,
    keepAliveTimeout,
    connectionsCheckingInterval: Math.min(5_000, headTimeout),
  });
  server.on('request', (message, out) => connections.answer(message, out, false));
  server.on('checkContinue', (message: IncomingMessage, out: ServerResponse) => connections.answer(message, out, true));
  await bound(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  const url = new URL(`${tls === undefined ? 'http' : 'https'}://${isIPv6(host) ? `[${host}]` : host}:${taken}/`);
  return { url, close: () => closed(server, connections, grace) };
}

async function createAnyServer(tls: ListenOptions['tls'], options: ServerOptions): Promise<Server> {
  if (tls === undefined) return nodeHttp.createServer(options);
  const { createServer } = await import('node:https');
  try {
    return createServer({ ...options, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 });
  } catch (cause) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'certificate and key of TLS cannot be used', {
      cause,
      argument: 'tls',
      hint: 'both are PEM, and the key is that of the certificate',
    });
  }
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(isErrno(cause) ? cannotListen(`${host}:${port}`, cause) : cause);
    });
    server.listen(port, host, resolve);
  });
}

function cannotListen(address: string, cause: NodeJS.ErrnoException & { readonly code: string }): UsageError {
  const inUse = cause.code === 'EADDRINUSE';
  return new UsageError('ERR_INVALID_ARGUMENT', `address ${address} cannot be listened on: ${cause.code}`, {
    cause,
    argument: inUse ? 'port' : 'host',
    hint: inUse ? 'another program listens there: take another port, or 0 for any' : 'take an address of this machine',
  });
}

async function closed(server: Server, connections: Connections, grace: number): Promise<void> {
  connections.closing = true;
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), grace);
  await ended;
  clearTimeout(cut);
}

/** The requests of a server. */
class Connections {
  closing = false;
  readonly #handler: FetchHandler;
  readonly #secure: boolean;
  readonly #host: string;
  readonly #idleTimeout: number;
  readonly #onError: (error: unknown) => void;

  constructor(handler: FetchHandler, { tls, host = '127.0.0.1', idleTimeout = 60_000, onError }: ListenOptions) {
    this.#handler = handler;
    this.#secure = tls !== undefined;
    this.#host = isIPv6(host) ? `[${host}]` : host;
    this.#idleTimeout = idleTimeout;
    this.#onError = onError ?? (() => undefined);
  }

  answer(message: IncomingMessage, out: ServerResponse, asksToGoOn: boolean): void {
    void this.#answer(message, out, asksToGoOn).catch((error: unknown) => {
      this.#onError(error);
    });
  }

  async #answer(message: IncomingMessage, out: ServerResponse, asksToGoOn: boolean): Promise<void> {
    const gone = new AbortController();
    const answered = new AbortController();
    out.once('close', () => {
      if (!out.writableFinished) gone.abort(clientGone());
    });
    out.once('finish', () => {
      answered.abort();
      discardRest(message);
    });
    let goesOn = !asksToGoOn;
    const goOn = (): void => {
      if (!goesOn) out.writeContinue();
      goesOn = true;
    };
    const request = requestOf(message, {
      secure: this.#secure,
      host: this.#host,
      idleTimeout: this.#idleTimeout,
      signal: gone.signal,
      answered: answered.signal,
      ...(asksToGoOn ? { goOn } : {}),
    });
    const response = request === undefined ? new Response('bad request\n', { status: 400 }) : await this.#ask(request);
    // What a client that was never told to go on sends next is its body to some, and its next request to others.
    if (!goesOn || this.closing) out.setHeader('connection', 'close');
    await sendResponse(response, out, { headOnly: message.method === 'HEAD', idleTimeout: this.#idleTimeout });
  }

  async #ask(request: Request): Promise<Response> {
    try {
      return await this.#handler(request);
    } catch (error) {
      if (!request.signal.aborted) this.#onError(error);
      return new Response('internal error\n', { status: 500, headers: { 'content-type': 'text/plain' } });
    }
  }
}

/** The answer may come before the end of the body: some more is taken, so that a client that still sends reads it. */
const maxDiscardedBytes = 16 * 1024 * 1024;
const maxDiscardTime = 5_000;

function discardRest(message: IncomingMessage): void {
  if (message.readableEnded || message.destroyed) return;
  let discarded = 0;
  const cut = setTimeout(() => message.destroy(), maxDiscardTime);
  message.on('data', (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > maxDiscardedBytes) message.destroy();
  });
  message.once('close', () => {
    clearTimeout(cut);
  });
  message.resume();
}
