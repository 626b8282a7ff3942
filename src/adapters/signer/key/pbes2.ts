import { derCursor, derTags, readDer, type DerCursor, type DerNode } from '../../../bytes/der-reader.ts';
import { integerOf, oidOf } from '../../../bytes/der-values.ts';
import { unshared } from '../../../bytes/unshared.ts';
import { keyError, passwordError } from './key-error.ts';

const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
};

/** AES in CBC mode, by the bits of its key. WebCrypto of Chromium lacks 192. */
const ciphers: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.2': 128,
  '2.16.840.1.101.3.4.1.42': 256,
};

const maximumRounds = 10_000_000n;

/**
 * Opens an EncryptedPrivateKeyInfo (RFC 5958 section 3) by PBES2 with PBKDF2 and AES (RFC 8018 section 6.2), which is what
 * OpenSSL writes. The password is asked for when the rest was found good.
 *
 * @throws SigningError `ERR_KEY` for other schemes, and more than 10 million rounds; `ERR_KEY_PASSWORD`; FormatError
 * `ERR_DER_INVALID`.
 */
export async function decryptPkcs8(bytes: Uint8Array, password: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const outer = derCursor(readDer(bytes, derTags.sequence));
  const scheme = parametersOf(outer, 'PBES2', (oid) => oid === '1.2.840.113549.1.5.13');
  const { value: ciphertext } = outer.expect(derTags.octetString);
  outer.end();
  const both = derCursor(scheme.node);
  const pbkdf2 = readPbkdf2(parametersOf(both, 'PBKDF2', (oid) => oid === '1.2.840.113549.1.5.12').node);
  const cipher = parametersOf(both, 'AES-128 or AES-256 in CBC mode', (oid) => Object.hasOwn(ciphers, oid));
  both.end();
  if (cipher.node.tag !== derTags.octetString || cipher.node.value.length !== 16)
    throw keyError('has no vector for AES');
  const secret = await derive(await password(), pbkdf2, ciphers[cipher.oid] ?? 0);
  try {
    const parameters = { name: 'AES-CBC', iv: cipher.node.value };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, secret, unshared(ciphertext)));
  } catch {
    throw passwordError('does not open with this password');
  }
}

/** The parameters in an AlgorithmIdentifier. */
function parametersOf(
  cursor: DerCursor,
  expected: string,
  isKnown: (oid: string) => boolean,
): { readonly oid: string; readonly node: DerNode } {
  const identifier = derCursor(cursor.expect(derTags.sequence));
  const oid = oidOf(identifier.expect(derTags.oid));
  if (!isKnown(oid)) throw keyError(`is encrypted by ${oid}, expected ${expected}`);
  const node = identifier.next();
  identifier.end();
  if (node === undefined) throw keyError(`has no parameters for ${expected}`);
  return { oid, node };
}

interface Pbkdf2 {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly hash: string;
}

/** RFC 8018 appendix A.2. The length of the key is that of the cipher's, whether it is said or not. */
function readPbkdf2(node: DerNode): Pbkdf2 {
  const cursor = derCursor(node);
  const { value: salt } = cursor.expect(derTags.octetString);
  const rounds = integerOf(cursor.expect(derTags.integer));
  if (rounds < 1n || rounds > maximumRounds) {
    throw keyError(`asks PBKDF2 for ${rounds} rounds, expected 1 to ${maximumRounds}`);
  }
  cursor.optional(derTags.integer);
  const prf = cursor.optional(derTags.sequence);
  cursor.end();
  const oid = prf === undefined ? '1.2.840.113549.2.7' : oidOf(derCursor(prf).expect(derTags.oid));
  const hash = Object.hasOwn(hashes, oid) ? hashes[oid] : undefined;
  if (hash === undefined) throw keyError(`is encrypted by PBKDF2 with ${oid}, expected HMAC with SHA-1 or SHA-2`);
  return { salt, iterations: Number(rounds), hash };
}

async function derive(password: Uint8Array, parameters: Pbkdf2, length: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', unshared(password), 'PBKDF2', false, ['deriveKey']);
  const algorithm = { name: 'PBKDF2', ...parameters };
  return crypto.subtle.deriveKey(algorithm, base, { name: 'AES-CBC', length }, false, ['decrypt']);
}
