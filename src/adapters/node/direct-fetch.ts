import type * as http from 'node:http';
import type * as https from 'node:https';
import { letGo } from '../../bytes/given-chunks.ts';
import { answerOf, isRedirect } from './direct-answer.ts';
import { endAgent } from './end-agent.ts';
import { nodeHttp } from './node-http.ts';
import { ReadingAgent } from './reading-agent.ts';

type Fetch = typeof globalThis.fetch;

/** Where connections are kept open between requests. https is loaded when it is asked for first. */
interface Connections {
  readonly http: http.Agent;
  https: Promise<{ readonly request: typeof https.request; readonly agent: https.Agent }> | undefined;
}

/** A `fetch`, and the end of its connections. */
export interface DirectFetch {
  readonly fetch: Fetch;
  readonly close: () => Promise<void>;
}

/**
 * A `fetch` over node:http for requests that follow no redirect by themselves and costs less
 * than the platform's for each. Everything else, and every other runtime, gets the platform's.
 */
export function directFetch(): DirectFetch {
  if ('Bun' in globalThis || 'Deno' in globalThis) {
    return { fetch: (input, init) => globalThis.fetch(input, init), close: () => Promise.resolve() };
  }
  const connections: Connections = { http: new ReadingAgent({ keepAlive: true, timeout: idleMs }), https: undefined };
  let closed = false;
  return {
    fetch: async (input, init = {}) => {
      if (closed) throw new TypeError('the transport is closed');
      const url = isDirect(input, init) ? new URL(input) : undefined;
      if (url?.protocol === 'http:') return send(url, init, connections.http);
      if (url?.protocol === 'https:') return overTls(url, init, connections);
      return globalThis.fetch(input, init);
    },
    async close() {
      closed = true;
      await Promise.all([endAgent(connections.http), connections.https?.then(({ agent }) => endAgent(agent))]);
    },
  };
}

/** Registries close a connection that nobody uses; one that is about to be closed is not taken any more. */
const idleMs = 4000;

function isDirect(input: RequestInfo | URL, init: RequestInit): input is string | URL {
  const { body, redirect } = init;
  const plain = body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array;
  if (!plain && !(body instanceof ReadableStream)) return false;
  return (typeof input === 'string' || input instanceof URL) && (redirect === 'manual' || redirect === 'error');
}

async function overTls(url: URL, init: RequestInit, connections: Connections): Promise<Response> {
  connections.https ??= import('node:https').then(({ request, Agent }) => ({
    request,
    agent: new Agent({ keepAlive: true, timeout: idleMs }),
  }));
  const { request, agent } = await connections.https;
  return await send(url, init, agent, request);
}

function send(url: URL, init: RequestInit, agent: http.Agent, request = nodeHttp.request): Promise<Response> {
  const { method = 'GET', signal, body, redirect } = init;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const outgoing = request(url, { method, agent, headers: headersOf(init.headers) });
    const stop = (): void => void outgoing.destroy(reasonOf(signal));
    signal?.addEventListener('abort', stop, { once: true });
    outgoing.once('close', () => signal?.removeEventListener('abort', stop));
    // Also after the answer, when nobody waits for this any more: a server may close while it is still sent to.
    outgoing.on('error', reject);
    outgoing.once('response', (incoming) => {
      if (redirect === 'error' && isRedirect(incoming)) {
        outgoing.destroy(new TypeError('unexpected redirect'));
        return;
      }
      answerOf(outgoing, incoming).then(resolve, reject);
    });
    if (body instanceof ReadableStream) pump(body as ReadableStream<Uint8Array>, outgoing);
    else outgoing.end((body as Uint8Array | string | null | undefined) ?? undefined);
  });
}

function headersOf(given: RequestInit['headers']): Record<string, string> {
  return { accept: '*/*', 'user-agent': 'packwright', ...Object.fromEntries(new Headers(given)) };
}

/** What an abort is known by; a reason need not be an error. */
function reasonOf(signal: AbortSignal | null | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('the request was aborted', { cause: reason });
}

/** Sends a stream, no faster than it is taken. */
function pump(body: ReadableStream<Uint8Array>, outgoing: http.ClientRequest): void {
  const reader = body.getReader();
  const next = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (outgoing.destroyed) return;
      const sent = (error?: Error | null): void => {
        if (!error) letGo(value);
      };
      if (!outgoing.write(value, sent)) await drained(outgoing);
    }
    outgoing.end();
  };
  outgoing.once('close', () => void reader.cancel().catch(() => undefined));
  next().catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : new Error(String(error))));
}

function drained(outgoing: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
