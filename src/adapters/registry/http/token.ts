import { utf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import { isPackError, RegistryError } from '../../../errors.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { Credential } from '../../../ports/credential.ts';
import { basicOf } from './redact-secrets.ts';
import { formatScopes, type Scopes } from './scopes.ts';

/** A token, and until when it is sent. */
export interface Token {
  readonly value: string;
  /** Milliseconds since 1970, by our own clock; somewhat before it ends. */
  readonly freshUntil: number;
  readonly scopes: Scopes;
}

/** What a token server is asked for. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: Scopes;
  readonly credential: Credential | undefined;
  readonly signal: AbortSignal;
}

const maxBytes = 1024 * 1024;
/** Where a token server does not say how long a token lasts (Docker registry v2 token authentication). */
const defaultSeconds = 60;
const clientId = 'packwright';

/**
 * Fetches a token: by GET with the password, or by POST with the refresh token (Docker registry v2 authentication,
 * "Token" and "OAuth2 token"). Where a server knows no GET, the password is sent by POST.
 *
 * @throws HttpFailure, and RegistryError `ERR_REGISTRY_PROTOCOL` for an answer without a token.
 */
export async function requestToken(request: TokenRequest, client: HttpClient): Promise<Token> {
  const asked = client.clock.now();
  const answer = await askForToken(request, client);
  const body = objectOf(await readJson(answer, request.realm));
  const value = [body['token'], body['access_token']].find((token) => typeof token === 'string' && token !== '');
  // What is no printable ASCII has no place in a header field.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw noToken(request.realm, 'without a token');
  const lifetime = lifetimeOf(body, answer.response.headers);
  return { value, scopes: request.scopes, freshUntil: asked + lifetime - Math.min(10_000, lifetime / 10) };
}

async function askForToken(request: TokenRequest, client: HttpClient): Promise<Exchange> {
  const { credential } = request;
  if (credential?.kind === 'refresh-token') return await postForToken(request, client);
  try {
    return await getToken(request, client);
  } catch (error) {
    const noGet = error instanceof HttpFailure && (error.status === 404 || error.status === 405);
    if (!noGet || credential === undefined) throw error;
    return await postForToken(request, client);
  }
}

function getToken({ realm, service, scopes, credential, signal }: TokenRequest, client: HttpClient): Promise<Exchange> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of formatScopes(scopes)) url.searchParams.append('scope', scope);
  if (credential?.kind !== 'password') return client.ask(url, { signal });
  url.searchParams.append('account', credential.username);
  return client.ask(url, { signal, headers: { authorization: `Basic ${basicOf(credential)}` } });
}

function postForToken(request: TokenRequest, client: HttpClient): Promise<Exchange> {
  const { realm, service, scopes, credential, signal } = request;
  const form = new URLSearchParams({ client_id: clientId, scope: formatScopes(scopes).join(' ') });
  if (service !== undefined) form.set('service', service);
  if (credential?.kind === 'refresh-token') {
    form.set('grant_type', 'refresh_token');
    form.set('refresh_token', credential.token);
  } else if (credential?.kind === 'password') {
    form.set('grant_type', 'password');
    form.set('username', credential.username);
    form.set('password', credential.password);
  }
  return client.ask(realm, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: () => utf8(form.toString()),
    // The secret is in the body, which no redirect takes off.
    allowHost: (host) => host === realm.host,
    repeatable: true,
    signal,
  });
}

async function readJson(answer: Exchange, realm: URL): Promise<JsonValue> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.chunks()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw noToken(realm, `with more than ${maxBytes} bytes`);
  }
  try {
    return parseJson(concatBytes(chunks, size));
  } catch (error) {
    if (!isPackError(error)) throw error;
    throw noToken(realm, 'with something that is no JSON', error);
  }
}

function objectOf(value: JsonValue): Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, JsonValue>>) : {};
}

/** How long a token lasts from now on, in milliseconds: both its times and the server's own are by one clock. */
function lifetimeOf(body: Readonly<Record<string, JsonValue>>, headers: Headers): number {
  const seconds = Number(body['expires_in'] ?? defaultSeconds);
  const issued = typeof body['issued_at'] === 'string' ? Date.parse(body['issued_at']) : NaN;
  const age = Date.parse(headers.get('date') ?? '') - issued;
  const lifetime = (Number.isFinite(seconds) ? seconds : defaultSeconds) * 1000;
  return Math.max(0, lifetime - (age > 0 ? age : 0));
}

function noToken(realm: URL, what: string, cause?: unknown): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `token server ${redactUrl(realm)} answered ${what}`, {
    cause,
    hint: 'a proxy or a login page may stand in between',
  });
}
