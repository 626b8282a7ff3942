import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { createTestIssuer } from '../../../src/testing/sigstore/test-issuer.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { testSigstoreServices } from '../../../src/testing/sigstore/services.ts';

const post = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });

describe('services of a Sigstore in memory', async () => {
  const sigstore = await createTestSigstore();
  const issuer = await createTestIssuer({ algorithm: 'RS256' });
  const { fetch, signingConfig } = testSigstoreServices(sigstore, issuer);
  const fulcio = 'https://fulcio.one.example/api/v2/signingCert';
  const [rekor, tiles] = ['https://rekor.one.example/api/v1', 'https://log2025.one.example/api/v2'];

  const asked = async (token: string): Promise<Response> => {
    const { publicKey, privateKey } = await crypto.subtle
      .generateKey('Ed25519', true, ['sign', 'verify'] as const)
      .then((pair) => pair);
    const spki = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))));
    const proof = new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, utf8('dev@example.com')));
    const content = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;
    const proofOfPossession = btoa(String.fromCharCode(...proof));
    const publicKeyRequest = { publicKey: { content }, proofOfPossession };
    return fetch(fulcio, post({ credentials: { oidcIdentityToken: token }, publicKeyRequest }));
  };

  it('certify whoever has a token and a key', async () => {
    expect((await asked(await issuer.token({ email: 'dev@example.com' }))).status).toBe(200);
  });

  it('certify nobody who has the token of somebody else', async () => {
    expect((await asked(await issuer.token({ email: 'evil@example.com' }))).status).toBe(400);
    expect((await asked(await issuer.token({ sub: 'x' }))).status).toBe(400);
  });

  it.each([
    ['of another audience', (token: typeof issuer) => token.token({ email: 'dev@example.com', aud: 'other' })],
    ['that has expired', (token: typeof issuer) => token.token({ email: 'dev@example.com', exp: 1 })],
    [
      'of another issuer',
      (token: typeof issuer) => token.token({ email: 'dev@example.com', iss: 'https://evil.example' }),
    ],
    ['that is none', () => Promise.resolve('a.b')],
    ['of an unknown algorithm', () => Promise.resolve(`${btoa('{"alg":"none"}')}.${btoa('{}')}.AAAA`)],
    [
      'that somebody else signed',
      async () => (await createTestIssuer({ algorithm: 'RS256' })).token({ email: 'dev@example.com' }),
    ],
  ])('refuse a token %s', async (_, make) => {
    expect((await asked(await make(issuer))).status).toBe(400);
  });

  const verifier = {
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    publicKey: { rawBytes: btoa(String.fromCharCode(...sigstore.keys.signer.publicKey)) },
  };
  it.each<[string, string, RequestInit]>([
    ['what is no JSON', fulcio, { method: 'POST', body: '{' }],
    ['an entry of another kind', `${tiles}/log/entries`, post({ dsseRequestV002: {} })],
    ['an entry that is no object', `${tiles}/log/entries`, post([])],
    [
      'a signature that does not hold',
      `${tiles}/log/entries`,
      post({ hashedRekordRequestV002: { digest: btoa('x'.repeat(32)), signature: { content: 'AAAA', verifier } } }),
    ],
    ['a timestamp request of another type', 'https://timestamp.one.example/api/v1/timestamp', post({})],
  ])('refuse %s', async (_, url, init) => {
    expect((await fetch(url, init)).status).toBe(400);
  });

  it('have no entry that nobody made, and no other hosts', async () => {
    expect((await fetch(`${rekor}/log/entries/00`)).status).toBe(404);
    expect((await fetch('https://evil.example/')).status).toBe(404);
  });

  it('are listed as the options say, in a signing config', () => {
    const list = (config: string): unknown[] => {
      const { rekorTlogUrls, tsaUrls } = JSON.parse(config) as Record<string, { url: string }[]>;
      return [rekorTlogUrls, tsaUrls].map((services = []) => services.map(({ url }) => new URL(url).hostname));
    };
    expect(list(signingConfig())).toEqual([['log2025.one.example'], ['timestamp.one.example']]);
    expect(list(signingConfig({ logs: ['v1', 'v2'], timestamps: 0 }))).toEqual([
      ['rekor.one.example', 'log2025.one.example'],
      [],
    ]);
  });

  it('are of a Sigstore in memory only', () => {
    expect(() => testSigstoreServices({} as TestSigstore, issuer)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'sigstore' }),
    );
  });
});
