import { fromBase64, fromUtf8, utf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import type { TestIssuer } from '../test-issuer.ts';
import { textAt } from './answers.ts';

/** What a token says that is text. */
export type Claims = Readonly<Record<string, string | undefined>>;

const algorithms: Readonly<
  Record<string, { readonly name: string; readonly namedCurve: string; readonly hash: string }>
> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', namedCurve: '', hash: 'SHA-256' },
};

/** The claims of a token that this issuer signed for `sigstore`, and that has not expired; undefined for any other. */
export async function checkToken(token: string, issuer: TestIssuer, now: number): Promise<Claims | undefined> {
  const [header, payload, signature, ...more] = token.split('.').map(fromBase64Url);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const algorithm = algorithms[textAt(parseJson(fromUtf8(header)), 'alg')];
  const jwk = (issuer.keySet.keys as readonly JsonWebKey[])[0];
  if (algorithm === undefined || jwk === undefined) return undefined;
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
  const signed = utf8(token.slice(0, token.lastIndexOf('.')));
  if (!(await crypto.subtle.verify(algorithm, key, signature, signed))) return undefined;
  const claims = parseJson(fromUtf8(payload)) as Readonly<Record<string, JsonValue>>;
  const good = claims.iss === issuer.url && claims.aud === 'sigstore' && Number(claims.exp) * 1000 > now;
  const texts = Object.entries(claims).filter(([, value]) => typeof value === 'string');
  return good ? (Object.fromEntries(texts) as Claims) : undefined;
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}
