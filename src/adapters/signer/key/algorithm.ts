import { UsageError } from '../../../errors.ts';
import { keyError } from './key-error.ts';
import {
  defaultAlgorithm,
  keyDetailsOf,
  type KeyKind,
  type SignatureAlgorithm,
} from '../../../verify/crypto/key-details.ts';

/**
 * What a key of WebCrypto signs with, by its name in the enumeration `PublicKeyDetails` of protobuf-specs. SHA-256 on a
 * larger curve is what clients of old use.
 */
export type SigningKeyAlgorithm =
  | 'PKIX_ECDSA_P256_SHA_256'
  | 'PKIX_ECDSA_P384_SHA_384'
  | 'PKIX_ECDSA_P521_SHA_512'
  | 'PKIX_ECDSA_P384_SHA_256'
  | 'PKIX_ECDSA_P521_SHA_256'
  | 'PKIX_ED25519'
  | 'PKIX_RSA_PKCS1V15_2048_SHA256'
  | 'PKIX_RSA_PKCS1V15_3072_SHA256'
  | 'PKIX_RSA_PKCS1V15_4096_SHA256'
  | 'PKIX_RSA_PSS_2048_SHA256'
  | 'PKIX_RSA_PSS_3072_SHA256'
  | 'PKIX_RSA_PSS_4096_SHA256';

/** An algorithm with what it binds together. */
export interface KeyAlgorithmFacts extends SignatureAlgorithm {
  readonly details: SigningKeyAlgorithm;
  readonly kind: KeyKind;
}

/**
 * What the name of an algorithm stands for.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a name that is none, or of an algorithm that WebCrypto lacks.
 */
export function algorithmNamed(details: string): KeyAlgorithmFacts {
  const row = typeof details === 'string' && details !== 'PKIX_ED25519_PH' ? keyDetailsOf(details) : undefined;
  if (row === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `algorithm ${JSON.stringify(details)} is none that a key signs with`, {
      argument: 'algorithm',
      hint: 'PKIX_ECDSA_P256_SHA_256 for example; Ed25519ph is not in WebCrypto',
    });
  }
  const [kind, scheme, hash] = row;
  return { details: details as SigningKeyAlgorithm, kind, scheme, hash };
}

/** The algorithm for a key of a kind where nothing says which: that of the Sigstore algorithm registry. */
export function algorithmForKind(kind: KeyKind, scheme?: string): KeyAlgorithmFacts | undefined {
  const name = nameOf(kind, scheme);
  return keyDetailsOf(name) === undefined ? undefined : algorithmNamed(name);
}

function nameOf(kind: KeyKind, scheme: string | undefined): string {
  const { hash } = defaultAlgorithm(kind);
  if (kind === 'Ed25519') return 'PKIX_ED25519';
  if (!kind.startsWith('RSA-')) return `PKIX_ECDSA_${kind.replace('-', '')}_SHA_${hash.slice(3)}`;
  return `PKIX_RSA_${scheme === 'RSA-PSS' ? 'PSS' : 'PKCS1V15'}_${kind.slice(4)}_SHA256`;
}

/**
 * The algorithm to sign with: the one that was asked for, where the key is of that kind.
 *
 * @throws SigningError `ERR_KEY`.
 */
export function agreedAlgorithm(own: KeyAlgorithmFacts, wanted: KeyAlgorithmFacts | undefined): KeyAlgorithmFacts {
  if (wanted === undefined || wanted.kind === own.kind) return wanted ?? own;
  throw keyError(`is ${own.kind}, expected ${wanted.kind}`, { details: { expected: wanted.details } });
}

/** How WebCrypto imports and generates such a key. */
export function keyParameters({ kind, scheme, hash }: KeyAlgorithmFacts): EcKeyGenParams & RsaHashedKeyGenParams {
  return {
    name: scheme,
    namedCurve: kind,
    hash: `SHA-${hash.slice(3)}`,
    modulusLength: Number(kind.slice(4)),
    publicExponent: Uint8Array.of(1, 0, 1),
  };
}
