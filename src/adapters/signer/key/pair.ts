import { agreedAlgorithm, algorithmForKind, type KeyAlgorithmFacts } from './algorithm.ts';
import { keyError } from './key-error.ts';

/**
 * What a pair of WebCrypto's keys signs with: WebCrypto binds all of it to the key but the hash of ECDSA.
 *
 * @throws SigningError `ERR_KEY` for keys that are not for this.
 */
export function algorithmOfPair(pair: CryptoKeyPair, wanted: KeyAlgorithmFacts | undefined): KeyAlgorithmFacts {
  const { privateKey, publicKey } = pair as Partial<CryptoKeyPair>;
  if (privateKey?.type !== 'private' || publicKey?.type !== 'public') throw keyError('pair lacks one of its keys');
  if (!privateKey.usages.includes('sign')) throw keyError('may not be used to sign');
  if (!publicKey.usages.includes('verify') || !publicKey.extractable) {
    throw keyError('has a public part that may not verify, or not be exported');
  }
  const { name, namedCurve, modulusLength, hash } = privateKey.algorithm as EcKeyAlgorithm & RsaHashedKeyAlgorithm;
  const own = algorithmForKind(kindOf(name, namedCurve, modulusLength), name);
  const scheme = (wanted ?? own)?.scheme;
  if (own === undefined || scheme !== name) throw keyError(`is of ${name}, which is not ${scheme ?? 'supported'}`);
  const facts = agreedAlgorithm(own, wanted);
  if (name.startsWith('RSA') && hash.name !== 'SHA-256') throw keyError(`is bound to ${hash.name}, expected SHA-256`);
  return facts;
}

function kindOf(name: string, curve: string, bits: number): KeyAlgorithmFacts['kind'] {
  if (name === 'Ed25519') return name;
  return name === 'ECDSA' ? (curve as 'P-256') : `RSA-${bits}`;
}
