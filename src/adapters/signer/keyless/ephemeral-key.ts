import { unshared } from '../../../bytes/unshared.ts';
import type { KeyContent } from '../../../ports/signer.ts';
import { ecdsaDer } from '../shared/ecdsa-der.ts';

/** A key that is made for one signature and then forgotten: ECDSA on P-256 with SHA-256. */
export interface EphemeralKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** A signature in DER. */
  sign(content: KeyContent): Promise<Uint8Array<ArrayBuffer>>;
}

/** What it signs by, in `PublicKeyDetails` of protobuf-specs. */
export const ephemeralDetails = 'PKIX_ECDSA_P256_SHA_256';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a key. The platform's cannot be read out, and signs nothing but bytes in memory; for a digest of what is too
 * large for that, another one is loaded.
 */
export async function createEphemeralKey(forDigest: boolean): Promise<EphemeralKey> {
  if (forDigest) return (await import('./digest-key.ts')).createDigestKey();
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)),
    async sign(content) {
      // For a digest there is the other kind.
      const { message } = content as Extract<KeyContent, { readonly message: Uint8Array }>;
      return ecdsaDer(new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, unshared(message))));
    },
  };
}
