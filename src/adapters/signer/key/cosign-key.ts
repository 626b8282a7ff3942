// The only module that imports @noble/ciphers: it becomes a chunk that is loaded when a key of cosign is opened or made.
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { fromBase64, toBase64, utf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { deriveKey } from './derive-key.ts';
import { keyError, passwordError } from './key-error.ts';
import { formatPem } from '../../../bytes/pem.ts';
import { checkScryptCost, type ScryptCost } from './scrypt-cost.ts';

/** What cosign makes its keys with today. Others than these and the former ones it does not read. */
const usualCost: ScryptCost = { N: 65_536, r: 8, p: 1 };
const nonceSize = 24;
const maximumSalt = 1024;

interface SealedKey {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Opens a key in the format of cosign, which is that of go-securesystemslib's `encrypted`: JSON with scrypt and NaCl's
 * secretbox. Gives the PKCS#8 in it. The password is asked for when the rest was found good.
 *
 * @throws SigningError `ERR_KEY` for what is malformed or would cost too much, `ERR_KEY_PASSWORD`; FormatError
 * `ERR_JSON_INVALID`.
 */
export async function decryptCosignKey(
  json: Uint8Array,
  password: () => Promise<Uint8Array>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { cost, salt, nonce, ciphertext } = readSealed(parseJson(json));
  const secret = await deriveKey({ password: await password(), salt, cost, signal });
  try {
    return xsalsa20poly1305(secret, nonce).decrypt(ciphertext);
  } catch {
    // Without the cause: it says no more, and is made where the secret is.
    throw passwordError('does not open with this password');
  } finally {
    secret.fill(0);
  }
}

/** Seals PKCS#8 as cosign 2.1 and later do, in PEM: `ENCRYPTED SIGSTORE PRIVATE KEY`. */
export async function encryptCosignKey(pkcs8: Uint8Array, password: Uint8Array, signal?: AbortSignal): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const nonce = crypto.getRandomValues(new Uint8Array(nonceSize));
  const secret = await deriveKey({ password, salt, cost: usualCost, signal });
  const ciphertext = xsalsa20poly1305(secret, nonce).encrypt(pkcs8);
  secret.fill(0);
  const sealed = {
    kdf: { name: 'scrypt', params: usualCost, salt: toBase64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: toBase64(nonce) },
    ciphertext: toBase64(ciphertext),
  };
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', utf8(JSON.stringify(sealed)));
}

function readSealed(json: JsonValue): SealedKey {
  const { kdf, cipher, ciphertext } = objectAt(json);
  const { name: kdfName, params, salt } = objectAt(kdf);
  const { name: cipherName, nonce } = objectAt(cipher);
  if (kdfName !== 'scrypt' || cipherName !== 'nacl/secretbox') {
    throw keyError('is encrypted by other means than scrypt and nacl/secretbox');
  }
  const { N, r, p } = objectAt(params);
  const cost = { N, r, p } as ScryptCost;
  checkScryptCost(cost);
  return {
    cost,
    salt: bytesAt('salt', salt, (length) => length <= maximumSalt),
    nonce: bytesAt('nonce', nonce, (length) => length === nonceSize),
    ciphertext: bytesAt('ciphertext', ciphertext, (length) => length > 16),
  };
}

function objectAt(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, JsonValue>>;
  }
  throw keyError('is not in the encrypted format of cosign');
}

function bytesAt(name: string, value: JsonValue | undefined, fits: (length: number) => boolean): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes !== undefined && fits(bytes.length)) return bytes;
  throw keyError(`has a ${name} that is not in base64, or not of the right length`);
}
