import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { checkOptions } from '../../../bytes/check-options.ts';
import { toHex, utf8 } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';
import { encode } from './address.ts';

/** The part of an S3 client that a store needs: `AwsClient` of aws4fetch fits, and so does {@link s3Client}. */
export interface S3Fetch {
  /** Signs a request and sends it. `init` has the header `x-amz-content-sha256`, so that the body need not be read. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Signs a URL, where it can: the power behind {@link S3BlobStore.presign}. */
  sign?(url: string, init: S3SignOptions): Promise<{ readonly url: string }>;
}

/** What is signed into the query of a URL. */
export interface S3SignOptions {
  readonly method: string;
  /** Those that must come with the request as they are. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly aws: { readonly signQuery: true };
}

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that hold for a while. */
  readonly sessionToken?: string | undefined;
}

/** How requests are signed and sent. */
export interface S3ClientOptions {
  /** Credentials, or a function that is asked for them before every request, so that they can be renewed. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>);
  /** `us-east-1` by default. */
  readonly region?: string | undefined;
  /** The platform's by default; that of `nodeTransport` costs less on Node. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since 1970; the clock of the platform by default. */
  readonly now?: (() => number) | undefined;
}

/**
 * A client that signs with Signature Version 4, and sends by `fetch`. It keeps no request and tries none
 * again. The secret is in no message, and in no property of what is returned. Where the server refuses and its clock is
 * more than five minutes from this one, what follows is signed with the server's time, as the stores then try again.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, empty or unknown.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function s3Client(options: S3ClientOptions): Required<S3Fetch> {
  checkOptions('S3 client', options, ['credentials', 'region', 'fetch', 'now']);
  const { credentials, region = 'us-east-1', fetch: send, now = Date.now } = options;
  const ask = typeof credentials === 'function' ? credentials : () => credentials;
  if (typeof credentials !== 'function') checkCredentials(credentials);
  const keys: KeyCache = new Map();
  let skewMs = 0;
  const scopeOf = async (): Promise<Scope> => {
    const time = new Date(now() + skewMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
    return { ...checkCredentials(await ask()), region, time, keys };
  };
  const client: Required<S3Fetch> = {
    async fetch(url, init = {}) {
      const canonical = canonicalUrl(url);
      const headers = signedHeaders(canonical, init, await scopeOf());
      const answer = await (send ?? globalThis.fetch)(canonical.href, { ...init, headers });
      if (answer.status === 403) skewMs = skewOf(answer.headers, now()) ?? skewMs;
      return answer;
    },
    sign: async (url, init) => ({ url: signedUrl(canonicalUrl(url), init, await scopeOf()) }),
  };
  followers.add(client);
  return client;
}

/** Clients that sign with the time of the server, once it has refused theirs. */
const followers = new WeakSet<S3Fetch>();

/** True where a request that was refused for its time is worth another try. */
export function followsServerClock(client: S3Fetch): boolean {
  return followers.has(client);
}

/** How far the server's clock is from ours, where that can be why it refuses; S3 takes a quarter of an hour. */
function skewOf(headers: Headers, now: number): number | undefined {
  const skew = Date.parse(headers.get('date') ?? '') - now;
  if (Number.isNaN(skew)) return undefined;
  return Math.abs(skew) > 300_000 ? skew : 0;
}

type KeyCache = Map<string, Uint8Array>;

interface Scope extends S3Credentials {
  readonly region: string;
  /** `20130524T000000Z` */
  readonly time: string;
  readonly keys: KeyCache;
}

function checkCredentials(credentials: S3Credentials): S3Credentials {
  for (const name of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const) {
    const value: unknown = (credentials as Partial<S3Credentials> | undefined)?.[name];
    if (name === 'sessionToken' && value === undefined) continue;
    if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `${name} of the S3 client is missing, or not printable text`, {
      argument: name,
    });
  }
  return credentials;
}

/** Proxies and platforms change these, or set them themselves. */
const unsigned = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'user-agent',
]);

function signedHeaders(url: URL, { method = 'GET', headers: given }: RequestInit, scope: Scope): Headers {
  const headers = new Headers(given);
  headers.set('x-amz-date', scope.time);
  if (scope.sessionToken !== undefined) headers.set('x-amz-security-token', scope.sessionToken);
  if (!headers.has('x-amz-content-sha256')) headers.set('x-amz-content-sha256', 'UNSIGNED-PAYLOAD');
  const [names, fields] = fieldsOf(url, headers);
  const payload = headers.get('x-amz-content-sha256') ?? '';
  const signature = sign([method, url.pathname, canonicalQuery(url), fields, names, payload], scope);
  const credential = `${scope.accessKeyId}/${scopeText(scope)}`;
  const text = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  headers.set('authorization', text);
  return headers;
}

/** The names of what is signed, and the lines of them. */
function fieldsOf(url: URL, headers: Headers): [names: string, fields: string] {
  const signed = [['host', url.host] as [string, string], ...headers].filter(([name]) => !unsigned.has(name)).sort();
  const names = signed.map(([name]) => name).join(';');
  return [names, signed.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}\n`).join('')];
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function signedUrl(url: URL, { method, headers }: S3SignOptions, scope: Scope): string {
  const [names, fields] = fieldsOf(url, new Headers(headers));
  const { searchParams: query } = url;
  query.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256');
  query.set('X-Amz-Credential', `${scope.accessKeyId}/${scopeText(scope)}`);
  query.set('X-Amz-Date', scope.time);
  if (!query.has('X-Amz-Expires')) query.set('X-Amz-Expires', '900');
  query.set('X-Amz-SignedHeaders', names);
  if (scope.sessionToken !== undefined) query.set('X-Amz-Security-Token', scope.sessionToken);
  const parts = [method, url.pathname, canonicalQuery(url), fields, names, 'UNSIGNED-PAYLOAD'];
  return `${url.origin}${url.pathname}?${canonicalQuery(url)}&X-Amz-Signature=${sign(parts, scope)}`;
}

function scopeText({ time, region }: Scope): string {
  return `${time.slice(0, 8)}/${region}/s3/aws4_request`;
}

/**
 * A URL whose path has everything encoded but unreserved characters. S3 decodes what was sent and signs it so; others sign
 * what was sent: it is the same then.
 */
function canonicalUrl(text: string): URL {
  const url = new URL(text);
  url.pathname = url.pathname.split('/').map(canonicalSegment).join('/');
  return url;
}

function canonicalSegment(segment: string): string {
  try {
    return encode(decodeURIComponent(segment));
  } catch {
    // Not UTF-8, which no key of S3 can be: whatever the server makes of it.
    return segment;
  }
}

/** The pairs in the order of their encoded bytes. */
function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => [encode(name), encode(value)] as const);
  return pairs
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map((pair) => pair.join('='))
    .join('&');
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sign(request: readonly string[], scope: Scope): string {
  const hash = toHex(sha256(utf8(request.join('\n'))));
  const text = `AWS4-HMAC-SHA256\n${scope.time}\n${scopeText(scope)}\n${hash}`;
  return toHex(hmacSha256(signingKey(scope), text));
}

/** The key of a day. Only the last one is kept: a secret that was replaced is not held on to. */
function signingKey({ secretAccessKey, region, time, keys }: Scope): Uint8Array {
  const day = time.slice(0, 8);
  const name = `${day} ${secretAccessKey}`;
  let key = keys.get(name);
  if (key === undefined) {
    keys.clear();
    key = [day, region, 's3', 'aws4_request'].reduce(hmacSha256, utf8(`AWS4${secretAccessKey}`));
    keys.set(name, key);
  }
  return key;
}

/** At once: WebCrypto takes several times as long for what is as short as a signed request, as it asks another thread. */
function hmacSha256(key: Uint8Array, text: string): Uint8Array {
  return hmac(sha256, key, utf8(text));
}
