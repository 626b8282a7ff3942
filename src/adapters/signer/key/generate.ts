import { checkOptions } from '../../../bytes/check-options.ts';
import { algorithmNamed, keyParameters, type SigningKeyAlgorithm } from './algorithm.ts';
import { keyError } from './key-error.ts';
import { webSigningKey, type WebSigningKey } from './web-key.ts';

/** What kind of key is made. */
export interface GenerateSigningKeyOptions {
  /** `PKIX_ECDSA_P256_SHA_256` by default, which is what every client understands. */
  readonly algorithm?: SigningKeyAlgorithm | undefined;
  /**
   * Whether the private key may leave the platform's keeping, to be written to a file; true by default. One that may not
   * lives as long as the page, or in IndexedDB.
   */
  readonly extractable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a signing key by WebCrypto: ECDSA, Ed25519, or RSA, which takes up to some seconds.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an algorithm that is none; SigningError `ERR_KEY` where the platform lacks
 * it.
 */
export async function generateSigningKey(options: GenerateSigningKeyOptions = {}): Promise<WebSigningKey> {
  checkOptions('key options', options, ['algorithm', 'extractable', 'signal']);
  const { algorithm = 'PKIX_ECDSA_P256_SHA_256', extractable = true, signal } = options;
  const facts = algorithmNamed(algorithm);
  signal?.throwIfAborted();
  const pair = await generatePair(keyParameters(facts), extractable);
  signal?.throwIfAborted();
  return webSigningKey(algorithm, pair);
}

async function generatePair(parameters: EcKeyGenParams, extractable: boolean): Promise<CryptoKeyPair> {
  try {
    return await crypto.subtle.generateKey(parameters, extractable, ['sign', 'verify']);
  } catch (cause) {
    throw keyError(`of ${parameters.name} cannot be made by this platform`, { cause });
  }
}
