import { scryptAsync } from '@noble/hashes/scrypt.js';
import { keyError } from './key-error.ts';
import type { ScryptCost } from './scrypt-cost.ts';

/** What scrypt is asked for: 32 octets, by a cost that was checked. */
export interface ScryptRequest {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly cost: ScryptCost;
  readonly signal?: AbortSignal | undefined;
}

/** More than every cost that is allowed needs; platforms bound it by themselves otherwise. */
const maxmem = 2 ** 32;
const size = 32;

/**
 * Derives a key from a password by scrypt (RFC 7914): by the platform where it has it, which takes half the time.
 *
 * @throws SigningError `ERR_KEY` where there is not the memory for it.
 */
export async function deriveKey(request: ScryptRequest): Promise<Uint8Array> {
  const { signal } = request;
  signal?.throwIfAborted();
  try {
    return await (nativeScrypt(request)?.catch(() => unlessAborted(request)) ?? portableScrypt(request));
  } catch (cause) {
    signal?.throwIfAborted();
    throw keyError('needs more memory than the platform gives', { cause });
  }
}

/** Platforms bound scrypt in ways of their own: what one refuses can still be had. */
function unlessAborted(request: ScryptRequest): Promise<Uint8Array> {
  request.signal?.throwIfAborted();
  return portableScrypt(request);
}

/** Yields now and then, and ends there when the signal says so. */
export function portableScrypt({ password, salt, cost, signal }: ScryptRequest): Promise<Uint8Array> {
  const onProgress = (): void => signal?.throwIfAborted();
  return scryptAsync(password, salt, { ...cost, dkLen: size, maxmem, onProgress });
}

interface NativeCrypto {
  scrypt?(
    password: Uint8Array,
    salt: Uint8Array,
    length: number,
    options: ScryptCost & { readonly maxmem: number },
    done: (error: Error | null, key: Uint8Array) => void,
  ): void;
}

interface NativeProcess {
  readonly process?: { getBuiltinModule?(name: string): NativeCrypto | undefined };
}

/** That of Node, Deno and Bun, asked for as `digest/native.ts` does. Its work cannot be stopped, only not waited for. */
function nativeScrypt({ password, salt, cost, signal }: ScryptRequest): Promise<Uint8Array> | undefined {
  // OpenSSL refuses this (RFC 7914 section 6), and what is refused leaves an error behind on which Node 24 trips later.
  if (cost.r === 1 && cost.N >= 65_536) return undefined;
  const crypto = (globalThis as NativeProcess).process?.getBuiltinModule?.('node:crypto');
  if (crypto?.scrypt === undefined) return undefined;
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    crypto.scrypt?.(password, salt, size, { ...cost, maxmem }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
}
