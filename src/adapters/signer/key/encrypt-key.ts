import { checkOptions } from '../../../bytes/check-options.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';
import { keyError } from './key-error.ts';
import type { WebSigningKey } from './web-key.ts';

/** What a key is encrypted with. */
export interface EncryptSigningKeyOptions {
  /** An empty one is allowed, as cosign allows it; it protects nothing. */
  readonly password: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a key in cosign's encrypted format: PEM, `ENCRYPTED SIGSTORE PRIVATE KEY`, with scrypt (N = 65536, r = 8, p = 1:
 * 64 MiB, and up to a second). Each call gives another text.
 *
 * @throws SigningError `ERR_KEY` for a key that is not extractable; UsageError `ERR_INVALID_ARGUMENT`.
 */
export async function encryptSigningKey(key: WebSigningKey, options: EncryptSigningKeyOptions): Promise<string> {
  checkOptions('encryption options', options, ['password', 'signal']);
  const { password, signal } = options;
  if (typeof password !== 'string' && !((password as unknown) instanceof Uint8Array)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'password is neither text nor bytes', { argument: 'password' });
  }
  signal?.throwIfAborted();
  const pkcs8 = await exportPkcs8(key.pair.privateKey);
  const { encryptCosignKey } = await import('./cosign-key.ts');
  try {
    return await encryptCosignKey(pkcs8, typeof password === 'string' ? utf8(password) : password, signal);
  } finally {
    pkcs8.fill(0);
  }
}

async function exportPkcs8(key: CryptoKey): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.exportKey('pkcs8', key));
  } catch (cause) {
    throw keyError('is not extractable, so that it cannot be written', { cause });
  }
}
