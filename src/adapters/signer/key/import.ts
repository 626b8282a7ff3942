import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { SigningKeyAlgorithm } from './algorithm.ts';
import type { WebSigningKey } from './web-key.ts';

/**
 * A private key: PEM (PKCS#8, PKCS#1, SEC1, encrypted PKCS#8, or cosign's encrypted format), the first three in DER, the
 * bytes of a file with any of these or a JWK, a JWK, or a pair of WebCrypto's keys.
 */
export type SigningKeyInput = string | Uint8Array | JsonWebKey | CryptoKeyPair;

/** What opens an encrypted key: a password, or who asks for it where the key turns out to be encrypted. */
export type KeyPassword =
  string | Uint8Array | ((options: { readonly signal?: AbortSignal | undefined }) => Promise<string | Uint8Array>);

/** How a key is imported. */
export interface ImportSigningKeyOptions {
  /**
   * What the key signs with. From the key itself where it is left out: PKCS #1 v1.5 for RSA, unless the key says PSS, and
   * the hash of the curve's size for ECDSA.
   */
  readonly algorithm?: SigningKeyAlgorithm | undefined;
  readonly password?: KeyPassword | undefined;
  /** Whether the key may leave the platform's keeping again; false by default. Has no effect on a pair. */
  readonly extractable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Imports a private key into WebCrypto, and tries it: ECDSA on P-256, P-384 and P-521, Ed25519, RSA of 2048, 3072 and 4096
 * bits. What a file says that it costs to open is bounded: scrypt of more than 128 MiB, PBKDF2 of more than 10 million
 * rounds, and more than 64 KiB are refused.
 *
 * @throws SigningError `ERR_KEY` for what is no private key, is of a kind that is not supported, or is not of the
 * algorithm; `ERR_KEY_PASSWORD` where the password is wrong, or there is none. No message holds any part of the key.
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that cannot be used.
 */
export async function importSigningKey(
  input: SigningKeyInput,
  options: ImportSigningKeyOptions = {},
): Promise<WebSigningKey> {
  checkOptions('key options', options, ['algorithm', 'password', 'extractable', 'signal']);
  options.signal?.throwIfAborted();
  if (typeof input !== 'string' && (typeof input !== 'object' || (input as unknown) === null)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'key is neither text, bytes, a JWK nor a pair of keys', {
      argument: 'input',
    });
  }
  // What reads files is not sent to a page that makes its keys.
  const { importPrivateKey } = await import('./import-private-key.ts');
  return importPrivateKey(input, options);
}
