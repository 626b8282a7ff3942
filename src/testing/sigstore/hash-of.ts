import type { DigestAlgorithm } from '../../digest/digest.ts';

const names = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;

/** The hash of some bytes, by WebCrypto. */
export async function hashOf(
  bytes: Uint8Array,
  algorithm: DigestAlgorithm = 'sha256',
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest(names[algorithm], Uint8Array.from(bytes)));
}
