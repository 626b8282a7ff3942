import type { DigestAlgorithm } from '../../digest/digest-name.ts';

/** How a signature is made. */
export type SignatureScheme = 'ECDSA' | 'RSASSA-PKCS1-v1_5' | 'RSA-PSS' | 'Ed25519' | 'Ed25519ph';

/** What a key is: its curve, or the bits of its modulus. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | `RSA-${number}`;

/** What signatures by a key are made with. */
export interface SignatureAlgorithm {
  readonly scheme: SignatureScheme;
  readonly hash: DigestAlgorithm;
}

type Row = readonly [kind: KeyKind, scheme: SignatureScheme, hash: DigestAlgorithm];

/**
 * The names of the enumeration `PublicKeyDetails` of protobuf-specs that can be verified with, and what each binds
 * together. The others are deprecated (keys in PKCS#1, LMS) or not in use yet (ML-DSA).
 */
const rows: Readonly<Record<string, Row>> = {
  PKIX_ECDSA_P256_SHA_256: ['P-256', 'ECDSA', 'sha256'],
  PKIX_ECDSA_P384_SHA_384: ['P-384', 'ECDSA', 'sha384'],
  PKIX_ECDSA_P521_SHA_512: ['P-521', 'ECDSA', 'sha512'],
  PKIX_ECDSA_P384_SHA_256: ['P-384', 'ECDSA', 'sha256'],
  PKIX_ECDSA_P521_SHA_256: ['P-521', 'ECDSA', 'sha256'],
  PKIX_RSA_PKCS1V15_2048_SHA256: ['RSA-2048', 'RSASSA-PKCS1-v1_5', 'sha256'],
  PKIX_RSA_PKCS1V15_3072_SHA256: ['RSA-3072', 'RSASSA-PKCS1-v1_5', 'sha256'],
  PKIX_RSA_PKCS1V15_4096_SHA256: ['RSA-4096', 'RSASSA-PKCS1-v1_5', 'sha256'],
  PKIX_RSA_PSS_2048_SHA256: ['RSA-2048', 'RSA-PSS', 'sha256'],
  PKIX_RSA_PSS_3072_SHA256: ['RSA-3072', 'RSA-PSS', 'sha256'],
  PKIX_RSA_PSS_4096_SHA256: ['RSA-4096', 'RSA-PSS', 'sha256'],
  PKIX_ED25519: ['Ed25519', 'Ed25519', 'sha512'],
  PKIX_ED25519_PH: ['Ed25519', 'Ed25519ph', 'sha512'],
};

/** The row of a name; undefined for one that cannot be verified with. */
export function keyDetailsOf(name: string): Row | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

/** The name of an algorithm with a key; undefined where the enumeration has none. */
export function keyDetailsName(kind: KeyKind, { scheme, hash }: SignatureAlgorithm): string | undefined {
  return Object.keys(rows).find((name) => rows[name]?.join() === [kind, scheme, hash].join());
}

/** What a key signs with where nothing else is said. */
export function defaultAlgorithm(kind: KeyKind): SignatureAlgorithm {
  switch (kind) {
    case 'P-256':
      return { scheme: 'ECDSA', hash: 'sha256' };
    case 'P-384':
      return { scheme: 'ECDSA', hash: 'sha384' };
    case 'P-521':
      return { scheme: 'ECDSA', hash: 'sha512' };
    case 'Ed25519':
      return { scheme: 'Ed25519', hash: 'sha512' };
    default:
      return { scheme: 'RSASSA-PKCS1-v1_5', hash: 'sha256' };
  }
}
