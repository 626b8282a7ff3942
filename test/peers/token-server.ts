import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Access, TokenMint } from './access-token.ts';
import { listen, type ListenOptions, type Listening } from './listen.ts';

/** Who may do what. */
export interface Account {
  readonly username: string;
  readonly password: string;
  /** What is allowed on a repository; `registry` stands for the catalog. Everything by default. */
  readonly allowed?: ((repository: string) => readonly string[]) | undefined;
}

/** A request that a token server answered. */
export interface TokenRequest {
  readonly method: string;
  readonly grant: string;
  readonly scopes: readonly string[];
  readonly status: number;
}

/** A token server, as the registries of distribution's kind send their clients to. */
export interface TokenServer extends Listening {
  /** Where tokens are asked for. */
  readonly realm: string;
  readonly requests: readonly TokenRequest[];
}

export interface TokenServerOptions extends ListenOptions {
  readonly mint: TokenMint;
  readonly accounts: readonly Account[];
  /** How long a token is good for; 300 seconds by default. */
  readonly seconds?: number | undefined;
}

interface Question {
  readonly grant: string;
  readonly account: Account | undefined;
  readonly scopes: readonly string[];
  /** The client wants a token that outlives this one. */
  readonly offline: boolean;
}

/** Starts a token server that knows Basic by GET, and passwords and refresh tokens by POST. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { mint, accounts, seconds = 300 } = options;
  const requests: TokenRequest[] = [];
  const refresh = new Map<string, Account>();
  const known = (name: string | null, password: string | null): Account | undefined =>
    accounts.find((account) => account.username === name && account.password === password);

  async function questionOf(request: IncomingMessage): Promise<Question> {
    if (request.method === 'POST') {
      const form = new URLSearchParams(await text(request));
      const grant = form.get('grant_type') ?? '';
      const byRefresh = grant === 'refresh_token' ? refresh.get(form.get('refresh_token') ?? '') : undefined;
      const account = byRefresh ?? known(form.get('username'), form.get('password'));
      const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
      return { grant, account, scopes, offline: form.get('access_type') === 'offline' };
    }
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const [name = '', ...rest] = Buffer.from(basic ?? '', 'base64')
      .toString()
      .split(':');
    const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '));
    const grant = basic === undefined ? 'none' : 'basic';
    return { grant, account: known(name, rest.join(':')), scopes, offline: query.get('offline_token') === 'true' };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { grant, account, scopes, offline } = await questionOf(request);
    const status = account === undefined ? 401 : 200;
    requests.push({ method: request.method ?? '', grant, scopes, status });
    response.writeHead(status, { 'content-type': 'application/json' });
    if (account === undefined) return void response.end('{"errors":[{"code":"UNAUTHORIZED","message":"who is it?"}]}');
    const token = mint.mint(account.username, scopes.flatMap(accessOf).map(withinOf(account)), seconds);
    const refresh_token = randomUUID();
    if (offline) refresh.set(refresh_token, account);
    const body = { token, access_token: token, expires_in: seconds, issued_at: new Date().toISOString() };
    response.end(JSON.stringify({ ...body, ...(offline ? { refresh_token } : {}) }));
  }

  const server = await listen((request, response) => void answer(request, response), options);
  // By its name: crane sends nobody to an address that is private.
  const realm = `${server.url.replace('127.0.0.1', 'localhost')}/token`;
  return { ...server, realm, requests };
}

/** `repository:team/app:pull,push`; a name may hold a port, and so colons. */
function accessOf(scope: string): readonly Access[] {
  const [, type, name, actions] = /^([a-z]+):(.+):([a-z*,]*)$/.exec(scope) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return [];
  return [{ type, name, actions: actions.split(',') }];
}

/** What is asked for, less what the account may not do. */
function withinOf({ allowed }: Account): (access: Access) => Access {
  return (access) => {
    const granted = allowed?.(access.type === 'repository' ? access.name : access.type);
    return granted === undefined
      ? access
      : { ...access, actions: access.actions.filter((action) => granted.includes(action)) };
  };
}
