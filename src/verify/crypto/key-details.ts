import type { DigestAlgorithm } from '../../digest/digest-name.ts';

/** How a signature is made. */
export type SignatureScheme = 'ECDSA' | 'RSASSA-PKCS1-v1_5' | 'RSA-PSS' | 'Ed25519' | 'Ed25519ph';

/** What a key is: its curve, or the bits of its modulus. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | `RSA-${number}`;

/** Octets of a coordinate of each curve, and of r and of s in its signatures. */
export const curveSizes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

/** What signatures by a key are made with. */
export interface SignatureAlgorithm {
  readonly scheme: SignatureScheme;
  readonly hash: DigestAlgorithm;
}

type Row = readonly [kind: KeyKind, scheme: SignatureScheme, hash: DigestAlgorithm];

const rsa2048: Row = ['RSA-2048', 'RSASSA-PKCS1-v1_5', 'sha256'];

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
  PKIX_RSA_PKCS1V15_2048_SHA256: rsa2048,
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

/** What a key signs with where nothing else is said: the first row of its kind. RSA of other sizes is as that of 2048. */
export function defaultAlgorithm(kind: KeyKind): SignatureAlgorithm {
  const [, scheme, hash] = Object.values(rows).find(([one]) => one === kind) ?? rsa2048;
  return { scheme, hash };
}
