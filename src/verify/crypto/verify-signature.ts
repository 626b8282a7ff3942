import { unshared } from '../../bytes/unshared.ts';
import { algorithmOf, type Digest } from '../../digest/digest-name.ts';
import { ecdsaSignature } from './ecdsa-signature.ts';
import { webCryptoHashes } from './hash-bytes.ts';
import { importedKey } from './imported-key.ts';
import { curveSizes } from './key-details.ts';
import { saltLengthOf, unsupported, type PublicKey } from './public-key.ts';

/** What was signed: its bytes, or their digest by the hash of the key's algorithm. */
export type SignedMessage = { readonly bytes: Uint8Array } | { readonly digest: Digest };

/**
 * Checks a signature with the algorithm of the key, and no other: by WebCrypto where the bytes are given; from a digest,
 * with Ed25519ph, and on a platform that lacks the curve, by code that is loaded when it is first needed.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` where it cannot be checked: a digest by another hash than the
 * key's, a digest for Ed25519, a platform that lacks the algorithm. `false` says that the signature is wrong.
 * @throws FormatError `ERR_DER_INVALID` where the key is no key, a point that is not on its curve for example.
 */
export async function verifySignature(key: PublicKey, signature: Uint8Array, message: SignedMessage): Promise<boolean> {
  const given = signatureFor(key, signature);
  if ('digest' in message) checkDigest(key, message.digest);
  if (given === undefined) return false;
  if ('digest' in message) return (await import('./prehash.ts')).verifyDigest(key, given, message.digest);
  if (key.scheme === 'Ed25519ph') return (await import('./prehash.ts')).verifyBytes(key, given, message.bytes);
  const imported = await importedKey(key);
  if (imported === undefined) return (await import('./prehash.ts')).verifyBytes(key, given, message.bytes);
  try {
    return await crypto.subtle.verify(parametersOf(key), imported, given, unshared(message.bytes));
  } catch (cause) {
    throw unsupported(`signature of ${key.scheme} with ${key.kind} cannot be checked by this platform`, { cause });
  }
}

function checkDigest(key: PublicKey, digest: Digest): void {
  if (key.scheme === 'Ed25519') {
    throw unsupported('signature of Ed25519 cannot be checked from a digest', {
      hint: 'pass the bytes that were signed: Ed25519 hashes them together with the signature',
    });
  }
  if (algorithmOf(digest) === key.hash) return;
  throw unsupported(`signature is over a ${key.hash} digest, got ${algorithmOf(digest)}`, {
    hint: `pass the ${key.hash} digest of what was signed, or its bytes`,
  });
}

/** The signature in the form that is checked; undefined where it cannot be one of this key. */
function signatureFor(key: PublicKey, signature: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const size = curveSizes[key.kind];
  if (size !== undefined) return ecdsaSignature(signature, size);
  const length = key.kind === 'Ed25519' ? 64 : Math.ceil(Number(key.kind.slice(4)) / 8);
  return signature.length === length ? unshared(signature) : undefined;
}

function parametersOf(key: PublicKey): EcdsaParams | RsaPssParams {
  return { name: key.scheme, hash: webCryptoHashes[key.hash], saltLength: saltLengthOf(key) };
}
