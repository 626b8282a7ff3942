import { utf8 } from '../../../bytes/encoding.ts';
import { parsePem } from '../../../bytes/pem.ts';
import { isPackError, UsageError } from '../../../errors.ts';
import type { ImportSigningKeyOptions } from './import.ts';
import { keyError, passwordError } from './key-error.ts';
import { readPkcs1, readPkcs8, readPrivateKey, readSec1, type PrivateKeyDer } from './pkcs8.ts';

/** Blocks that stand beside a private key in files of OpenSSL. */
const beside: readonly string[] = ['EC PARAMETERS', 'PUBLIC KEY', 'CERTIFICATE'];

/**
 * Reads the one private key in a text of PEM (RFC 7468); text before it and what stands beside it is passed over.
 *
 * @throws SigningError `ERR_KEY` for none or several, and for forms that are not read, by their name; `ERR_KEY_PASSWORD`.
 */
export async function readPem(text: string, options: ImportSigningKeyOptions): Promise<PrivateKeyDer> {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]{1,60})-----[ \t\r]*$/gm)].map(([, label = '']) => label);
  const [label, ...more] = labels.filter((one) => !beside.includes(one));
  if (label === undefined)
    throw keyError(`has no private key in PEM${labels.length === 0 ? '' : `, but ${labels.join(', ')}`}`);
  if (more.length > 0) throw keyError(`has several blocks in PEM: ${[label, ...more].slice(0, 5).join(', ')}`);
  return readBlock(label, blockOf(text, label), options);
}

function blockOf(text: string, label: string): string {
  const start = text.indexOf(`-----BEGIN ${label}-----`);
  const marker = `-----END ${label}-----`;
  const end = text.indexOf(marker, start);
  return end === -1 ? '' : text.slice(start, end + marker.length);
}

async function readBlock(label: string, block: string, options: ImportSigningKeyOptions): Promise<PrivateKeyDer> {
  if (block.includes('Proc-Type:')) throw unread('the encrypted form of old OpenSSL');
  switch (label) {
    case 'PRIVATE KEY':
      return readPkcs8(parsePem(block, label));
    case 'RSA PRIVATE KEY':
      return readPkcs1(parsePem(block, label));
    case 'EC PRIVATE KEY':
      return readSec1(parsePem(block, label));
    case 'ENCRYPTED PRIVATE KEY': {
      const { decryptPkcs8 } = await import('./pbes2.ts');
      return openedByPadding(await decryptPkcs8(parsePem(block, label), () => passwordOf(options)));
    }
    case 'ENCRYPTED SIGSTORE PRIVATE KEY':
    case 'ENCRYPTED COSIGN PRIVATE KEY': {
      const { decryptCosignKey } = await import('./cosign-key.ts');
      return opened(await decryptCosignKey(parsePem(block, label), () => passwordOf(options), options.signal));
    }
    default:
      throw unread(label);
  }
}

/** AES in CBC mode authenticates nothing: one wrong password of some hundred gives bytes, which are then no key. */
function openedByPadding(der: Uint8Array): PrivateKeyDer {
  try {
    return opened(der);
  } catch (cause) {
    if (isPackError(cause) && cause.code !== 'ERR_DER_INVALID') throw cause;
    throw passwordError('does not open with this password');
  }
}

function opened(der: Uint8Array): PrivateKeyDer {
  try {
    return readPrivateKey(der);
  } finally {
    // Nobody needs it again; a copy in WebCrypto's keeping is left.
    der.fill(0);
  }
}

async function passwordOf({ password, signal }: ImportSigningKeyOptions): Promise<Uint8Array> {
  const given = typeof password === 'function' ? await password({ signal }) : password;
  signal?.throwIfAborted();
  if (given === undefined) throw passwordError('is encrypted, and no password was given');
  if (typeof given === 'string') return utf8(given);
  if ((given as unknown) instanceof Uint8Array) return given;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'password is neither text nor bytes', { argument: 'password' });
}

function unread(form: string): Error {
  return keyError(`is in ${form}, which is not read`, { hint: 'write it as PKCS#8: openssl pkcs8 -topk8' });
}
