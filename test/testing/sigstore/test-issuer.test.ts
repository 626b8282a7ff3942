import { describe, expect, it } from 'vitest';
import { createTestIssuer, type TestIssuer } from '../../../src/testing/sigstore/test-issuer.ts';

function bytesOf(part = ''): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytesOf(token.split('.')[1]))) as Record<string, unknown>;
}

/** Checks a token as its readers do, by the keys that are published. */
async function isSigned(issuer: TestIssuer, token: string): Promise<boolean> {
  const configuration = (await (await issuer.fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as {
    jwks_uri: string;
  };
  const { keys } = (await (await issuer.fetch(new Request(configuration.jwks_uri))).json()) as { keys: [JsonWebKey] };
  const ecdsa = keys[0].alg === 'ES256';
  const algorithm = ecdsa
    ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', keys[0], algorithm, false, ['verify']);
  const [head, claims, signature] = token.split('.');
  const signed = new TextEncoder().encode(`${String(head)}.${String(claims)}`);
  return crypto.subtle.verify(algorithm, key, bytesOf(signature), signed);
}

describe('a token issuer', { timeout: 60_000 }, () => {
  it.each(['ES256', 'RS256'] as const)('signs with %s what its published keys verify', async (algorithm) => {
    const issuer = await createTestIssuer({ algorithm });
    const token = await issuer.token({ sub: 'me' });
    expect(await isSigned(issuer, token)).toBe(true);
    expect(await isSigned(await createTestIssuer({ algorithm }), token)).toBe(false);
  });

  it('says who it is, for whom, and for how long', async () => {
    const issuer = await createTestIssuer({ url: 'https://login.example', clock: () => 5_000_999 });
    const claims = claimsOf(await issuer.token({ email: 'dev@example.com' }));
    expect(claims).toEqual({
      iss: 'https://login.example',
      aud: 'sigstore',
      iat: 5000,
      nbf: 5000,
      exp: 5600,
      email: 'dev@example.com',
    });
  });

  it('takes other claims, and leaves out those that are null', async () => {
    const issuer = await createTestIssuer();
    expect(claimsOf(await issuer.token({ exp: 1, aud: null }))).toEqual(
      expect.not.objectContaining({ aud: expect.anything() as unknown }),
    );
    expect(claimsOf(await issuer.token({ exp: 1 }))['exp']).toBe(1);
  });

  it('has nothing else to say', async () => {
    const issuer = await createTestIssuer();
    expect((await issuer.fetch(`${issuer.url}/token`)).status).toBe(404);
    expect((await issuer.fetch(new URL('https://elsewhere.example/keys'))).status).toBe(404);
  });

  it('refuses an option that it does not know', async () => {
    await expect(createTestIssuer({ key: 'x' } as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});
