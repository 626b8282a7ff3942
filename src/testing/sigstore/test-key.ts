import { derInteger, derNull, derOid, derSequence } from '../../bytes/der-writer.ts';
import type { DigestAlgorithm } from '../../digest/digest.ts';

/** Algorithms that a {@link TestKey} can have, by their names in the enumeration `PublicKeyDetails`. */
export type TestKeyAlgorithm =
  | 'PKIX_ECDSA_P256_SHA_256'
  | 'PKIX_ECDSA_P384_SHA_384'
  | 'PKIX_ECDSA_P521_SHA_512'
  | 'PKIX_RSA_PKCS1V15_2048_SHA256'
  | 'PKIX_RSA_PKCS1V15_3072_SHA256'
  | 'PKIX_RSA_PKCS1V15_4096_SHA256'
  | 'PKIX_RSA_PSS_2048_SHA256'
  | 'PKIX_RSA_PSS_3072_SHA256'
  | 'PKIX_RSA_PSS_4096_SHA256'
  | 'PKIX_ED25519';

/** A pair of keys that signs as Sigstore writes signatures: ECDSA in DER. */
export interface TestKey {
  readonly algorithm: TestKeyAlgorithm;
  /** The hash of the algorithm; SHA-512 for Ed25519, which is used for digests of a message alone. */
  readonly hash: DigestAlgorithm;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** The AlgorithmIdentifier of its signatures, in DER. */
  readonly identifier: Uint8Array<ArrayBuffer>;
  /** A signature in the form that certificates, logs and bundles hold. */
  sign(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

const ecdsa = (namedCurve: string, bits: 256 | 384 | 512, arc: number): Algorithm => ({
  generate: { name: 'ECDSA', namedCurve },
  sign: { name: 'ECDSA', hash: `SHA-${bits}` },
  hash: `sha${bits}`,
  identifier: () => derSequence(derOid(`1.2.840.10045.4.3.${arc}`)),
});

const rsa = (modulusLength: number): Algorithm => ({
  generate: rsaKey('RSASSA-PKCS1-v1_5', modulusLength),
  sign: { name: 'RSASSA-PKCS1-v1_5' },
  hash: 'sha256',
  identifier: () => derSequence(derOid('1.2.840.113549.1.1.11'), derNull()),
});

const pss = (modulusLength: number): Algorithm => ({
  generate: rsaKey('RSA-PSS', modulusLength),
  sign: { name: 'RSA-PSS', saltLength: 32 },
  hash: 'sha256',
  identifier: () => derSequence(derOid('1.2.840.113549.1.1.10')),
});

function rsaKey(name: string, modulusLength: number): RsaHashedKeyGenParams {
  return { name, modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
}

/** How WebCrypto and X.509 say an algorithm. */
interface Algorithm {
  readonly generate: EcKeyGenParams | RsaHashedKeyGenParams | { readonly name: 'Ed25519' };
  readonly sign: EcdsaParams | RsaPssParams | { readonly name: string };
  readonly hash: DigestAlgorithm;
  readonly identifier: () => Uint8Array<ArrayBuffer>;
}

const algorithms: Readonly<Record<TestKeyAlgorithm, Algorithm>> = /* @__PURE__ */ (() => ({
  PKIX_ECDSA_P256_SHA_256: ecdsa('P-256', 256, 2),
  PKIX_ECDSA_P384_SHA_384: ecdsa('P-384', 384, 3),
  PKIX_ECDSA_P521_SHA_512: ecdsa('P-521', 512, 4),
  PKIX_RSA_PKCS1V15_2048_SHA256: rsa(2048),
  PKIX_RSA_PKCS1V15_3072_SHA256: rsa(3072),
  PKIX_RSA_PKCS1V15_4096_SHA256: rsa(4096),
  PKIX_RSA_PSS_2048_SHA256: pss(2048),
  PKIX_RSA_PSS_3072_SHA256: pss(3072),
  PKIX_RSA_PSS_4096_SHA256: pss(4096),
  PKIX_ED25519: {
    generate: { name: 'Ed25519' },
    sign: { name: 'Ed25519' },
    hash: 'sha512',
    identifier: () => derSequence(derOid('1.3.101.112')),
  },
}))();

/** Makes a pair of keys. */
export async function createTestKey(algorithm: TestKeyAlgorithm = 'PKIX_ECDSA_P256_SHA_256'): Promise<TestKey> {
  const pair = (await crypto.subtle.generateKey(algorithms[algorithm].generate, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  return testKeyOf(algorithm, pair);
}

/** The test key of a pair that WebCrypto made or imported; its public key has to be extractable. */
export async function testKeyOf(algorithm: TestKeyAlgorithm, pair: CryptoKeyPair): Promise<TestKey> {
  const { sign, hash, identifier } = algorithms[algorithm];
  return {
    algorithm,
    hash,
    publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    identifier: identifier(),
    async sign(message) {
      const signature = new Uint8Array(await crypto.subtle.sign(sign, pair.privateKey, Uint8Array.from(message)));
      return sign.name === 'ECDSA' ? ecdsaSignatureDer(signature) : signature;
    },
  };
}

/** WebCrypto joins the two numbers of an ECDSA signature; X.509 and Sigstore have them in DER (RFC 3279 2.2.3). */
function ecdsaSignatureDer(joined: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = joined.length / 2;
  return derSequence(derInteger(joined.subarray(0, half)), derInteger(joined.subarray(half)));
}
