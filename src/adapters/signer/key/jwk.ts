import { agreedAlgorithm, algorithmForKind, algorithmNamed, type KeyAlgorithmFacts } from './algorithm.ts';
import { keyError } from './key-error.ts';
import type { KeyKind } from '../../../verify/crypto/key-details.ts';

/** A key in JWK with nothing in it but the key, and what it signs with. */
export interface JwkKey {
  readonly format: 'jwk';
  readonly jwk: JsonWebKey;
  readonly facts: KeyAlgorithmFacts;
}

/** The members of a key by its type (RFC 7518 section 6, RFC 8037 section 2); the last of them are private. */
const members: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'x', 'y', 'd'],
  OKP: ['crv', 'x', 'd'],
  RSA: ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
};

/** What `alg` says of the scheme and hash (RFC 7518 section 3.1, RFC 9864). */
const algorithms: Readonly<Record<string, string>> = {
  ES256: 'P-256',
  ES384: 'P-384',
  ES512: 'P-521',
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
  RS256: 'RSASSA-PKCS1-v1_5',
  PS256: 'RSA-PSS',
};

/**
 * Reads a private key in JWK (RFC 7517). Only what makes up the key is passed on; what it says of its use is obeyed.
 *
 * @throws SigningError `ERR_KEY`.
 */
export function readJwk(jwk: JsonWebKey, wanted: KeyAlgorithmFacts | undefined): JwkKey {
  const { kty = '', alg, use = 'sig', key_ops: operations = ['sign'] } = jwk;
  const names = Object.hasOwn(members, kty) ? members[kty] : undefined;
  if (names === undefined) throw keyError('is no JWK of type EC, OKP or RSA');
  if (use !== 'sig' || !Array.isArray(operations) || !operations.includes('sign')) {
    throw keyError('is a JWK that may not be used to sign');
  }
  if ('oth' in jwk) throw keyError('is a JWK of RSA with more than two primes, which is not supported');
  const key = Object.fromEntries(names.map((name) => [name, memberOf(jwk, name)]));
  const own = algorithmOf(kindOf(jwk), alg);
  return { format: 'jwk', jwk: { kty, ...key }, facts: agreedAlgorithm(own, wanted) };
}

function memberOf(jwk: JsonWebKey, name: string): string {
  const value = (jwk as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'string' && value !== '') return value;
  throw keyError(name === 'd' ? 'is a JWK without a private part' : `is a JWK that lacks ${name}`);
}

function kindOf({ kty, crv = '', n = '' }: JsonWebKey): KeyKind {
  // Four letters are three octets; a modulus has no zeros in front (RFC 7518 section 6.3.1.1).
  return kty === 'RSA' ? `RSA-${Math.floor((n.length * 3) / 4) * 8}` : (crv as KeyKind);
}

function algorithmOf(kind: KeyKind, alg: string | undefined): KeyAlgorithmFacts {
  const said = alg === undefined ? undefined : Object.hasOwn(algorithms, alg) ? algorithms[alg] : alg;
  const isScheme = kind.startsWith('RSA-');
  const facts = algorithmForKind(kind, isScheme ? said : undefined);
  if (facts === undefined) throw keyError(`is a JWK of ${JSON.stringify(kind.slice(0, 20))}, which is not supported`);
  if (said === undefined || said === (isScheme ? facts.scheme : kind)) return algorithmNamed(facts.details);
  throw keyError(`is a JWK for ${JSON.stringify(String(alg).slice(0, 20))}, which a key of ${kind} is not used with`);
}
