import { toHex } from './encoding.ts';

/** A name that nobody else has made: so many random bytes, in hexadecimal. */
export function randomId(bytes = 16): string {
  return toHex(crypto.getRandomValues(new Uint8Array(bytes)));
}
