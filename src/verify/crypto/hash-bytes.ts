import { unshared } from '../../bytes/unshared.ts';
import type { DigestAlgorithm } from '../../digest/digest-name.ts';

/** Names of hashes in WebCrypto. */
export const webCryptoHashes: Readonly<Record<DigestAlgorithm, string>> = {
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};

/** The hash of bytes that are at hand, by the platform: what hashes as bytes flow is not loaded for it. */
export async function hashBytes(bytes: Uint8Array, algorithm: DigestAlgorithm): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(webCryptoHashes[algorithm], unshared(bytes)));
}
