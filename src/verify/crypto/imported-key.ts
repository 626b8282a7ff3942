import { toBase64 } from '../../bytes/encoding.ts';
import { derError } from '../../bytes/der-reader.ts';
import { unsupported, type PublicKey } from './public-key.ts';

/** The same few keys of authorities and logs verify bundle after bundle. */
const imported = new Map<string, Promise<CryptoKey | undefined>>();
const maximumKeys = 64;

/**
 * The key as WebCrypto holds it; undefined where the platform may lack its curve and code of ours decides.
 *
 * @throws FormatError `ERR_DER_INVALID` where it is no key.
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` where the platform lacks the algorithm.
 */
export function importedKey(key: PublicKey): Promise<CryptoKey | undefined> {
  const name = [key.kind, key.scheme, key.hash, toBase64(key.spki)].join();
  const known = imported.get(name);
  if (known !== undefined) return known;
  const importing = importKey(key);
  imported.set(name, importing);
  importing.catch(() => imported.delete(name));
  // The oldest goes; a key that is in use is soon there again.
  for (const [oldest] of imported) if (imported.size > maximumKeys) imported.delete(oldest);
  return importing;
}

async function importKey(key: PublicKey): Promise<CryptoKey | undefined> {
  const { kind, scheme: name, hash } = key;
  const algorithm = { name, namedCurve: kind, hash: `SHA-${hash.slice(3)}` };
  try {
    return await crypto.subtle.importKey('spki', key.spki, algorithm, false, ['verify']);
  } catch (cause) {
    // Some platforms lack these two, and they do not agree on how they say so.
    if (kind === 'Ed25519' || kind === 'P-521') return undefined;
    if ((cause as { name?: unknown }).name === 'NotSupportedError') {
      throw unsupported(`public key of ${kind} is not supported by this platform`, { cause });
    }
    throw derError(`public key of ${kind} is not valid`, cause);
  }
}
