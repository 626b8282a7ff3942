import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { TokenMint } from './access-token.ts';
import { listen, type ListenOptions, type Listening } from './listen.ts';

/** Lets a request in, or says with which challenge it is refused. */
export type Doorkeeper = (request: IncomingMessage) => { readonly challenge: string } | undefined;

/** Puts authorisation and TLS before a registry that has neither: what is let in goes on unchanged. */
export function startGuard(target: string, keeper: Doorkeeper, options: ListenOptions): Promise<Listening> {
  return listen((request, response) => {
    const refusal = keeper(request);
    if (refusal === undefined) forward(target, request, response);
    else refuse(request, response, refusal.challenge);
  }, options);
}

/** Lets in who has the password. */
export function passwordKeeper(username: string, password: string): Doorkeeper {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const challenge = 'Basic realm="guarded"';
  return ({ headers }) => (headers.authorization === expected ? undefined : { challenge });
}

/** Lets in who brings a token for what is asked. Unlike distribution it grants no minute more than the token says. */
export function tokenKeeper(mint: TokenMint, realm: string): Doorkeeper {
  return ({ method = 'GET', url = '/', headers }) => {
    const wanted = wantedBy(method, url);
    const scope = wanted === undefined ? '' : `,scope="${wanted.type}:${wanted.name}:${wanted.actions.join(',')}"`;
    const challenge = `Bearer realm="${realm}",service="${mint.service}"${scope}`;
    const access = mint.accessOf(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '');
    if (access === undefined) return { challenge };
    const granted = access.find(({ type, name }) => type === wanted?.type && name === wanted.name)?.actions ?? [];
    const enough = granted.includes('*') || (wanted?.actions.every((action) => granted.includes(action)) ?? true);
    return enough ? undefined : { challenge: `${challenge},error="insufficient_scope"` };
  };
}

interface Wanted {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** What a request needs, as distribution has it; undefined for the ping, for which any token is good. */
function wantedBy(method: string, url: string): Wanted | undefined {
  const { pathname } = new URL(url, 'http://localhost');
  if (pathname === '/v2/_catalog') return { type: 'registry', name: 'catalog', actions: ['*'] };
  const name = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//.exec(pathname)?.[1];
  if (name === undefined) return undefined;
  const actions =
    method === 'GET' || method === 'HEAD' ? ['pull'] : method === 'DELETE' ? ['delete'] : ['pull', 'push'];
  return { type: 'repository', name, actions };
}

function refuse(request: IncomingMessage, response: ServerResponse, challenge: string): void {
  request.resume();
  response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' });
  response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
}

function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request;
  const [hostname, port] = target.split(':');
  const onward = httpRequest({ hostname, port, method, path, headers: { ...withoutSecret(headers), host: target } });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => undefined);
  });
  // Whichever side goes away takes the other along.
  pipeline(request, onward, (error) => {
    if (error) response.destroy();
  });
}

const withoutSecret = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
