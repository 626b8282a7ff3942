import { fromUtf8 } from '../../../bytes/encoding.ts';
import { parseJson } from '../../../bytes/json.ts';
import { isPackError } from '../../../errors.ts';
import { agreedAlgorithm, algorithmNamed, keyParameters, type KeyAlgorithmFacts } from './algorithm.ts';
import type { ImportSigningKeyOptions, SigningKeyInput } from './import.ts';
import { readJwk, type JwkKey } from './jwk.ts';
import { keyError } from './key-error.ts';
import { algorithmOfPair } from './pair.ts';
import { readPem } from './pem-key.ts';
import { readPrivateKey, type PrivateKeyDer } from './pkcs8.ts';
import { webSigningKey, type WebSigningKey } from './web-key.ts';

/** A private key in a form that WebCrypto imports, and what it signs with. */
type ReadKey = JwkKey | (PrivateKeyDer & { readonly format: 'pkcs8' });

const maxKeyBytes = 65_536;

/** Imports a key, and tries it. Throws as `importSigningKey` does. */
export async function importPrivateKey(
  input: SigningKeyInput,
  options: ImportSigningKeyOptions,
): Promise<WebSigningKey> {
  const { algorithm, extractable = false, signal } = options;
  const wanted = algorithm === undefined ? undefined : algorithmNamed(algorithm);
  if (typeof input === 'object' && 'privateKey' in input) {
    return tried(webSigningKey(algorithmOfPair(input, wanted).details, input));
  }
  const read = await readKey(input, options, wanted);
  signal?.throwIfAborted();
  const pair = await importPair(read, extractable);
  signal?.throwIfAborted();
  return tried(webSigningKey(read.facts.details, pair));
}

async function readKey(
  input: string | Uint8Array | JsonWebKey,
  options: ImportSigningKeyOptions,
  wanted: KeyAlgorithmFacts | undefined,
): Promise<ReadKey> {
  try {
    if (typeof input === 'object' && !(input instanceof Uint8Array)) return readJwk(input, wanted);
    if (input.length > maxKeyBytes) throw keyError(`is larger than ${maxKeyBytes} bytes`);
    // A SEQUENCE; text starts with a letter, white space, a dash or a brace.
    if (typeof input !== 'string' && input[0] === 0x30) return fromDer(readPrivateKey(input), wanted);
    // Editors of Windows put a byte order mark in front, which counts as white space.
    const text = (typeof input === 'string' ? input : textOf(input)).trim();
    if (text.startsWith('{')) return readJwk(parseJson(text) as JsonWebKey, wanted);
    return fromDer(await readPem(text, options), wanted);
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (!isPackError(cause) || cause.name === 'SigningError' || cause.name === 'UsageError') throw cause;
    // The message of a reader says where and not what.
    throw keyError(`cannot be read: ${cause.message}`, { cause });
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw keyError('is neither DER nor text', { cause });
  }
}

function fromDer({ der, facts }: PrivateKeyDer, wanted: KeyAlgorithmFacts | undefined): ReadKey {
  return { format: 'pkcs8', der, facts: agreedAlgorithm(facts, wanted) };
}

/** Once more with the public half alone: WebCrypto makes no public key of a private one. */
async function importPair(read: ReadKey, extractable: boolean): Promise<CryptoKeyPair> {
  const parameters = keyParameters(read.facts);
  try {
    const open = await importOne(read, parameters, true);
    const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', open);
    const half = Object.fromEntries(
      Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
    );
    return {
      privateKey: extractable ? open : await importOne(read, parameters, false),
      publicKey: await crypto.subtle.importKey('jwk', half as JsonWebKey, parameters, true, ['verify']),
    };
  } catch (cause) {
    throw keyError(`of ${read.facts.kind} is not valid, or not supported by this platform`, { cause });
  }
}

function importOne(
  read: ReadKey,
  parameters: EcKeyImportParams & RsaHashedImportParams,
  extractable: boolean,
): Promise<CryptoKey> {
  if (read.format === 'jwk') return crypto.subtle.importKey('jwk', read.jwk, parameters, extractable, ['sign']);
  return crypto.subtle.importKey('pkcs8', read.der, parameters, extractable, ['sign']);
}

/** A private key whose public part is another's would make signatures that nobody can verify. */
async function tried(key: WebSigningKey): Promise<WebSigningKey> {
  const { scheme, hash } = algorithmNamed(key.details);
  const parameters = { name: scheme, hash: `SHA-${hash.slice(3)}`, saltLength: 32 };
  const { privateKey, publicKey } = key.pair;
  const message = Uint8Array.of(0);
  try {
    const signature = await crypto.subtle.sign(parameters, privateKey, message);
    if (await crypto.subtle.verify(parameters, publicKey, signature, message)) return key;
  } catch (cause) {
    throw keyError(`of ${scheme} does not sign`, { cause });
  }
  throw keyError('has a public part that belongs to another private one');
}
