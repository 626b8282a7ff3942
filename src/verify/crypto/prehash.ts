// The only module that imports @noble/curves: it becomes a chunk that is loaded when it is first needed.
import { eddsa } from '@noble/curves/abstract/edwards.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { derError } from '../../bytes/der-reader.ts';
import { fromHex, utf8 } from '../../bytes/encoding.ts';
import { digestOf, hexOf, type Digest } from '../../digest/digest.ts';
import { saltLengthOf, type PublicKey } from './public-key.ts';
import { verifyRsa } from './rsa.ts';

export { portableHash } from '../../digest/hash.ts';

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const;

/** Ed25519ph takes the digest of the message (RFC 8032 section 5.1, with an empty context). */
const ed25519ph = eddsa(ed25519.Point, sha512, {
  prehash: (digest: Uint8Array) => digest,
  domain: (data: Uint8Array) => Uint8Array.of(...utf8('SigEd25519 no Ed25519 collisions'), 1, 0, ...data),
});

const strict = { zip215: false };

/** Checks a signature over a digest by the key's hash: ECDSA as r || s, RSA, and Ed25519ph. */
export function verifyDigest(key: PublicKey, signature: Uint8Array, digest: Digest): boolean {
  const bytes = fromHex(hexOf(digest)) ?? new Uint8Array();
  if (key.kind === 'Ed25519') return ed25519ph.verify(signature, bytes, pointOf(key), strict);
  if (key.kind in curves) {
    const curve = curves[key.kind as keyof typeof curves];
    if (!curve.utils.isValidPublicKey(key.raw)) throw derError(`public key is not a point of ${key.kind}`);
    // Nobody but some ledgers refuses the one of the two values of s that is larger.
    return curve.verify(signature, bytes, key.raw, { prehash: false, lowS: false });
  }
  return verifyRsa(key, signature, bytes, saltLengthOf(key));
}

/** Checks a signature over bytes where the platform cannot. */
export function verifyBytes(key: PublicKey, signature: Uint8Array, bytes: Uint8Array): boolean {
  if (key.scheme === 'Ed25519') return ed25519.verify(signature, bytes, pointOf(key), strict);
  return verifyDigest(key, signature, digestOf(bytes, key.hash));
}

function pointOf(key: PublicKey): Uint8Array {
  if (ed25519.utils.isValidPublicKey(key.raw, false)) return key.raw;
  throw derError('public key is not a point of Ed25519');
}
