// The only module here that imports @noble/curves: it becomes a chunk that is loaded when it is first needed.
import { p256 } from '@noble/curves/nist.js';
import { derBitString, derOid, derSequence } from '../../../bytes/der-writer.ts';
import { hashBytes } from '../../../verify/crypto/hash-bytes.ts';
import { digestBytes } from './digest-bytes.ts';
import type { EphemeralKey } from './ephemeral-key.ts';

/** A key that signs digests, which no platform's key does. It can be read out of memory while the signature is made. */
export function createDigestKey(): EphemeralKey {
  const { secretKey, publicKey } = p256.keygen();
  return {
    publicKey: spkiOf(p256.Point.fromBytes(publicKey).toBytes(false)),
    async sign(content) {
      const digest = 'digest' in content ? digestBytes(content.digest) : await hashBytes(content.message, 'sha256');
      return Uint8Array.from(p256.sign(digest, secretKey, { prehash: false, format: 'der' }));
    },
  };
}

/** SubjectPublicKeyInfo of a point on P-256 (RFC 5480 section 2). */
function spkiOf(point: Uint8Array): Uint8Array<ArrayBuffer> {
  const identifier = derSequence(derOid('1.2.840.10045.2.1'), derOid('1.2.840.10045.3.1.7'));
  return derSequence(identifier, derBitString(point));
}
