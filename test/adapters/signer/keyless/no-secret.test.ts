import { describe, expect, it } from 'vitest';
import { ambientToken, keylessSigner } from '../../../../src/adapters/signer/keyless.ts';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../../src/bytes/encoding.ts';
import { repeats, saidBy } from '../said-by.ts';
import { message, someSigstore } from './some-sigstore.ts';

const json = (body: unknown, status = 200): Response => Response.json(body, { status });
const issued = (...certificates: readonly unknown[]): Response =>
  json({ signedCertificateEmbeddedSct: { chain: { certificates } } });
const pemAround = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

/** What is in a token, as it is and decoded: whoever reads a log must find neither. */
function secretsIn(token: string): readonly string[] {
  const [, claims = '', signature = ''] = token.split('.');
  const padded = claims + '='.repeat((4 - (claims.length % 4)) % 4);
  const bytes = fromBase64(padded.replaceAll('-', '+').replaceAll('_', '/')) ?? new Uint8Array();
  return [claims, signature, fromUtf8(bytes)];
}

/** Services that repeat what they were sent, wherever an answer has a place for it. */
const echoes: readonly (readonly [string, (token: string) => Response])[] = [
  ['as text that is cut', (token) => new Response(`bad: ${token.slice(0, 70)}`, { status: 422 })],
  ['as text', (token) => new Response(token, { status: 400 })],
  ['as a page', (token) => new Response(`<html>${token}</html>`, { status: 502 })],
  ['as JSON', (token) => json({ code: 3, message: `invalid token ${token}`, details: [{ token }] }, 401)],
  ['as JSON, with escapes', (token) => new Response(`{"message":"${escaped(token)}"}`, { status: 403 })],
  ['as the name of what is wrong', (token) => json({ [token]: token }, 500)],
  ['where it sends us', (token) => redirect(`https://fulcio.one.example/elsewhere?token=${token}`)],
  ['as the host that it sends us to', (token) => redirect(`https://${token.split('.')[1] ?? ''}.example/`)],
  ['as an address that is none', (token) => redirect(`http://[${token}`)],
  ['in a header', (token) => new Response('', { status: 503, headers: { 'retry-after': token, 'x-token': token } })],
  ['as an answer that is no JSON', (token) => new Response(token)],
  ['as JSON that is cut', (token) => new Response(`{"a":"${token}`)],
  ['as JSON with a key twice', (token) => new Response(`{"${token}":1,"${token}":2}`)],
  ['as the certificate', (token) => issued(token)],
  ['in the certificate', (token) => issued(pemAround(token))],
  ['in what is no certificate', (token) => issued(pemAround(toBase64(utf8(token))))],
];

const escaped = (text: string): string =>
  text.replace(/./g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const redirect = (location: string): Response => new Response(null, { status: 307, headers: { location } });

describe('no error repeats a part of the token that was sent, nor of the key,', () => {
  it.each(echoes)('where the certificate authority gives it back %s', async (_, echo) => {
    let token = '';
    const some = await someSigstore({ intercept: () => echo(token) });
    token = await some.token();
    const signing = keylessSigner(await some.options({}, { identityToken: token })).sign(message);
    const error: unknown = await signing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SigningError' });
    for (const secret of secretsIn(token)) expect(repeats(saidBy(error), secret)).toBe(false);
    expect(some.hosts().every((host) => host === 'fulcio.one.example')).toBe(true);
  });

  it('where the platform says it when a request fails', async () => {
    let token = '';
    const fail = (): never => {
      throw new TypeError('fetch failed', { cause: new Error(`cannot write ${token}`) });
    };
    const some = await someSigstore({ intercept: fail });
    token = await some.token();
    const signing = keylessSigner(await some.options({}, { identityToken: token })).sign(message);
    const error: unknown = await signing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_CERTIFICATE_REQUEST' });
    for (const secret of secretsIn(token)) expect(repeats(saidBy(error), secret)).toBe(false);
  });

  it.each(echoes)('where the token service of GitHub gives its secret back %s', async (_, echo) => {
    const secret = `ghs_${'Zm9yIGpvYg'.repeat(4)}.${'c2VjcmV0Cg'.repeat(4)}`;
    const provider = ambientToken(
      { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ci.example/token?a=b', ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret },
      { fetch: () => Promise.resolve(echo(secret)), retry: { attempts: 1 } },
    );
    const some = await someSigstore();
    const error: unknown = await keylessSigner(await some.options({}, { identityToken: provider }))
      .sign(message)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_IDENTITY_TOKEN' });
    expect(repeats(saidBy(error), secret)).toBe(false);
    expect(some.seen).toEqual([]);
  });
});
