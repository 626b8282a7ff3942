import { checkOptions } from '../../bytes/check-options.ts';
import { toBase64, utf8 } from '../../bytes/encoding.ts';
import type { JsonObject } from './log-body.ts';

/** How a {@link TestIssuer} is made. */
export interface TestIssuerOptions {
  /** Its URL; `https://issuer.example` by default. */
  readonly url?: string | undefined;
  /** The time in milliseconds since 1970; always the first of January 2025 by default. */
  readonly clock?: (() => number) | undefined;
  /** What it signs with; ES256 by default. */
  readonly algorithm?: 'ES256' | 'RS256' | undefined;
}

/** An issuer of identity tokens (OpenID Connect) that has no users: whoever asks it is whom he says. */
export interface TestIssuer {
  readonly url: string;
  /** What it publishes under `/.well-known/openid-configuration`. */
  readonly configuration: JsonObject;
  /** What it publishes under `/keys`: a JSON Web Key Set. */
  readonly keySet: JsonObject;
  /**
   * A signed token of some claims (RFC 7519). Good for ten minutes and for the audience `sigstore`, unless the claims
   * say something else; a claim that is null is left out.
   */
  token(claims: JsonObject): Promise<string>;
  /** Answers requests for what it publishes, in place of the `fetch` of a client. */
  readonly fetch: (input: string | URL | Request) => Promise<Response>;
}

const keyId = 'test';

const algorithms = {
  ES256: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: 'SHA-256',
    },
    sign: { name: 'RSASSA-PKCS1-v1_5' },
  },
} as const;

/**
 * Makes an issuer of identity tokens, to test what asks one.
 *
 * @example
 * ```ts
 * const issuer = await createTestIssuer({ url: 'https://login.example' });
 * const token = await issuer.token({ sub: '1', email: 'dev@example.com', email_verified: true });
 * ```
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  checkOptions('createTestIssuer', options, ['url', 'clock', 'algorithm']);
  const { url = 'https://issuer.example', clock = () => Date.UTC(2025, 0, 1), algorithm = 'ES256' } = options;
  const { generate, sign } = algorithms[algorithm];
  const { privateKey, publicKey } = await crypto.subtle.generateKey(generate, true, ['sign', 'verify']);
  const { kty = '', ...jwk } = await crypto.subtle.exportKey('jwk', publicKey);
  const numbers = Object.entries(jwk).filter(([name]) => ['crv', 'x', 'y', 'n', 'e'].includes(name));
  const published: Readonly<Record<string, JsonObject>> = {
    '/.well-known/openid-configuration': configurationOf(url, algorithm),
    '/keys': { keys: [{ kty, ...Object.fromEntries(numbers), kid: keyId, use: 'sig', alg: algorithm }] },
  };
  return {
    url,
    configuration: published['/.well-known/openid-configuration'] ?? {},
    keySet: published['/keys'] ?? {},
    async token(claims) {
      const signed = `${part({ alg: algorithm, typ: 'JWT', kid: keyId })}.${part(tokenClaims(url, clock(), claims))}`;
      return `${signed}.${base64Url(new Uint8Array(await crypto.subtle.sign(sign, privateKey, utf8(signed))))}`;
    },
    fetch: async (input) => answer(url, published, input instanceof Request ? input.url : String(input)),
  };
}

function configurationOf(url: string, algorithm: string): JsonObject {
  return {
    issuer: url,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  };
}

function tokenClaims(iss: string, now: number, claims: JsonObject): JsonObject {
  const seconds = Math.floor(now / 1000);
  const all: JsonObject = { iss, aud: 'sigstore', iat: seconds, nbf: seconds, exp: seconds + 600, ...claims };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

function answer(url: string, published: Readonly<Record<string, JsonObject>>, asked: string): Response {
  const document = asked.startsWith(`${url}/`) ? published[asked.slice(url.length)] : undefined;
  return document === undefined ? new Response('not found', { status: 404 }) : Response.json(document);
}

function part(value: JsonObject): string {
  return base64Url(utf8(JSON.stringify(value)));
}

/** RFC 4648 section 5, without padding. */
function base64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
