import { createPrivateKey, randomUUID, sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KeyPair } from './certificates.ts';

/** What a token allows on one resource. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly access: readonly Access[];
  /** Seconds since 1970. */
  readonly exp: number;
}

/** Makes and checks the tokens of one issuer for one service. */
export interface TokenMint {
  readonly issuer: string;
  readonly service: string;
  /** A token that ends after so many seconds. */
  mint(subject: string, access: readonly Access[], seconds: number): string;
  /** What a token allows; undefined where it is not one of ours, or has ended. */
  accessOf(token: string): readonly Access[] | undefined;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** JSON Web Tokens as CNCF distribution reads them: the certificate of the key is in the header. */
export function tokenMint({ keyFile, certificateFile }: KeyPair, issuer: string, service: string): TokenMint {
  const key = createPrivateKey(readFileSync(keyFile));
  const certificate = new X509Certificate(readFileSync(certificateFile));
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  const header = encoded({ typ: 'JWT', alg, x5c: [certificate.raw.toString('base64')] });
  return {
    issuer,
    service,
    mint: (sub, access, seconds) => {
      const now = Math.floor(Date.now() / 1000);
      const time = { nbf: now - 10, iat: now, exp: now + seconds };
      const signed = `${header}.${encoded({ iss: issuer, aud: service, sub, access, jti: randomUUID(), ...time })}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), forJose(key)).toString('base64url')}`;
    },
    accessOf: (token) => {
      const [head = '', body = '', signature = ''] = token.split('.');
      const signed = Buffer.from(`${head}.${body}`);
      const bytes = Buffer.from(signature, 'base64url');
      if (!verify('sha256', signed, forJose(certificate.publicKey), bytes)) return undefined;
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
      return claims.exp * 1000 > Date.now() && claims.aud === service ? claims.access : undefined;
    },
  };
}

/** Elliptic signatures are two numbers there, and not the DER that openssl makes of them. */
const forJose = (key: KeyObject): { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' } => ({
  key,
  dsaEncoding: 'ieee-p1363',
});
