import { unshared } from '../../../bytes/unshared.ts';
import { digestSizes } from '../../../digest/digest-name.ts';
import { UsageError } from '../../../errors.ts';
import type { SigningKey } from '../../../ports/signer.ts';
import { ecdsaDer } from '../shared/ecdsa-der.ts';
import { algorithmNamed, type KeyAlgorithmFacts, type SigningKeyAlgorithm } from './algorithm.ts';
import { keyError } from './key-error.ts';

/** A signing key of WebCrypto. It signs messages: WebCrypto takes no digests. */
export interface WebSigningKey extends SigningKey {
  readonly details: SigningKeyAlgorithm;
  readonly takes: 'message';
  /** The two keys. A browser can keep them in IndexedDB, also where the private one is not extractable. */
  readonly pair: CryptoKeyPair;
}

/** The signing key of a pair whose keys are known to be of the algorithm. */
export function webSigningKey(details: SigningKeyAlgorithm, pair: CryptoKeyPair): WebSigningKey {
  const facts = algorithmNamed(details);
  return {
    details,
    takes: 'message',
    pair,
    async publicKey({ signal } = {}) {
      signal?.throwIfAborted();
      return exportPublic(pair.publicKey);
    },
    async sign(content, { signal } = {}) {
      signal?.throwIfAborted();
      if (!('message' in content)) {
        throw new UsageError('ERR_INVALID_ARGUMENT', 'key of WebCrypto signs messages, got a digest', {
          argument: 'content',
        });
      }
      return signMessage(facts, pair.privateKey, content.message);
    },
  };
}

async function exportPublic(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.exportKey('spki', key));
  } catch (cause) {
    throw keyError('has a public part that cannot be exported', { cause });
  }
}

async function signMessage(
  { scheme, hash }: KeyAlgorithmFacts,
  key: CryptoKey,
  message: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const parameters = { name: scheme, hash: `SHA-${hash.slice(3)}`, saltLength: digestSizes[hash] };
  try {
    const signature = new Uint8Array(await crypto.subtle.sign(parameters, key, unshared(message)));
    return scheme === 'ECDSA' ? ecdsaDer(signature) : signature;
  } catch (cause) {
    throw keyError(`of ${scheme} did not sign`, { cause });
  }
}
