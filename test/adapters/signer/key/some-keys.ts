import type { SigningKeyAlgorithm } from '../../../../src/adapters/signer/key.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../../src/digest/digest.ts';
import type { SignerContent } from '../../../../src/ports/signer.ts';

/** Every algorithm; RSA of 3072 and 4096 bits takes a second and more to make. */
export const algorithms: readonly SigningKeyAlgorithm[] = [
  'PKIX_ECDSA_P256_SHA_256',
  'PKIX_ECDSA_P384_SHA_384',
  'PKIX_ECDSA_P521_SHA_512',
  'PKIX_ECDSA_P384_SHA_256',
  'PKIX_ECDSA_P521_SHA_256',
  'PKIX_ED25519',
  'PKIX_RSA_PKCS1V15_2048_SHA256',
  'PKIX_RSA_PKCS1V15_3072_SHA256',
  'PKIX_RSA_PKCS1V15_4096_SHA256',
  'PKIX_RSA_PSS_2048_SHA256',
  'PKIX_RSA_PSS_3072_SHA256',
  'PKIX_RSA_PSS_4096_SHA256',
];

/** One of each kind of key that is made at once. */
export const quickAlgorithms: readonly SigningKeyAlgorithm[] = algorithms.filter(
  (name) => !/_(3072|4096)_/.test(name) && !/(384|521)_SHA_256/.test(name),
);

/** What is signed. */
export const artifact: Uint8Array<ArrayBuffer> = utf8('hello, world\n');

/** A message to sign. */
export const message: SignerContent = { kind: 'message', message: artifact };

/** An envelope with a statement about the artifact, or another statement. */
export function envelope(rest: object = {}, payloadType = 'application/vnd.in-toto+json'): SignerContent {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'hello', digest: { sha256: hexOf(digestOf(artifact)) } }],
    predicateType: 'https://example.com/said/v1',
    predicate: { said: true },
    ...rest,
  };
  return { kind: 'dsse', payloadType, payload: utf8(JSON.stringify(statement)) };
}

/**
 * A key that cosign 3.1.3 made (`cosign generate-key-pair`), with the password `pw`; its public part is
 * {@link cosignPublicKey}. It signs nothing but tests.
 */
export const cosignKey: string = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJSTmdEaXFoZGhaUXoxVWV1bVZUcm5Fais1c0tmeFc2
ZVd1RHBYWXNKNkRnPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJTazJLMEttR0dZVVd6M1RtWkE2c0VjNm5UQ1JUMkcxNCJ9LCJj
aXBoZXJ0ZXh0IjoieHNsR1RWdVNsTHZNbytXYVRLVTQwaDVvdE1VUmhyK0pCbUNR
Wi9Cb29QYlN1Nm5xNGFWeGYyUHVYMGdtamx2d1AzMzFCY1hBeHk4UnpEazR1QVhH
aTZmd0dOdDRzUFoyc1FRaGdYbGpJQ01meDAvNGZZRzcySWczOTRvYUhydUVBNW83
M2FXeHRxVklQNVF2bWRIRFl6V3JwU3VrUmhSZ3hGVy8vdDlUYnR3S1ZHSmtraXRp
TmtQYmhwWDl6aFJRZDRndkZ3Q2RmdFFtN3c9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`;

/** What cosign wrote beside it. */
export const cosignPublicKey: string = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXvoVSPYmT5kWPws6c6ktEzqSc+aV
ZovBr4jagn0fVkMZCDKAGEjuuiOphQgPRg55v1ziJi1O6BT885NoMvsuGA==
-----END PUBLIC KEY-----
`;
