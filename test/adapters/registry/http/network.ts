import { createConnection, type ConnectionOptions } from '../../../../src/adapters/registry/http/create-connection.ts';
import type { RegistryConnection } from '../../../../src/adapters/registry/http/connection.ts';
import { readAll } from '../../../../src/bytes/stream.ts';
import type { Fetch } from '../../../../src/http/exchange.ts';

/** What a host answers. */
export type Host = (request: Request) => Response | Promise<Response>;

/** Hosts by origin, without sockets, and everything that they were asked. */
export interface Network {
  readonly fetch: Fetch;
  readonly requests: Request[];
  /** `METHOD url`, with what authorised it behind. */
  readonly log: string[];
}

export function networkOf(hosts: Readonly<Record<string, Host>>): Network {
  const requests: Request[] = [];
  const log: string[] = [];
  return {
    requests,
    log,
    async fetch(input, init) {
      const { signal, ...rest } = init ?? {};
      signal?.throwIfAborted();
      const request = new Request(input instanceof Request ? input.url : input, rest);
      requests.push(request.clone());
      const authorization = request.headers.get('authorization');
      log.push(`${request.method} ${request.url}${authorization === null ? '' : ` ${authorization}`}`);
      const host = hosts[new URL(request.url).origin];
      if (host === undefined) throw Object.assign(new TypeError('fetch failed'), { code: 'ENOTFOUND' });
      return await host(request);
    },
  };
}

export const noWait = { sleep: (): Promise<void> => Promise.resolve() };

export function connect(network: Network, options: Partial<ConnectionOptions> = {}): RegistryConnection {
  return createConnection({ host: 'registry.example', fetch: network.fetch, clock: noWait, ...options });
}

export function json(value: unknown, init: ResponseInit = {}): Response {
  const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
  return new Response(JSON.stringify(value), { ...init, headers });
}

export function unauthorized(challenge: string | undefined): Response {
  const headers: Record<string, string> = challenge === undefined ? {} : { 'www-authenticate': challenge };
  return new Response('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', {
    status: 401,
    headers,
  });
}

export const password = { kind: 'password', username: 'me', password: 'hunter2' } as const;
/** What {@link password} is in `Authorization`. */
export const basic = 'Basic bWU6aHVudGVyMg==';

export const pull = [{ repository: 'team/app', actions: ['pull'] }] as const;
export const push = [{ repository: 'team/app', actions: ['pull', 'push'] }] as const;

/** The text of an answer. */
export async function textOf(answer: { chunks(): AsyncIterable<Uint8Array> }): Promise<string> {
  let text = '';
  for await (const chunk of answer.chunks()) text += new TextDecoder().decode(chunk);
  return text;
}

/** A registry that takes the tokens of a token server, and the token server. */
export interface TokenRegistry {
  readonly registry: Host;
  readonly tokens: Host;
  /** Tokens that are taken; all by default. */
  valid: (token: string) => boolean;
  issued: number;
}

export const realm = 'https://auth.example/token';

export function tokenRegistry(
  answer: Record<string, unknown> = {},
  challenge = `Bearer realm="${realm}",service="registry.example",scope="repository:team/app:pull"`,
): TokenRegistry {
  const made: TokenRegistry = {
    valid: () => true,
    issued: 0,
    registry: (request) => {
      const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
      return token === undefined || !made.valid(token) ? unauthorized(challenge) : json({ ok: token });
    },
    tokens: () => json({ token: `t${++made.issued}`, expires_in: 300, ...answer }),
  };
  return made;
}

/** The bytes of a download that has to be there. */
export async function bytesOf(body: { readonly stream: ReadableStream<Uint8Array> } | undefined): Promise<Uint8Array> {
  if (body === undefined) throw new Error('there is nothing');
  return await readAll(body.stream, { limit: 1000 });
}
