import { fromHex, utf8 } from '../../../bytes/encoding.ts';
import { hexOf } from '../../../digest/digest.ts';
import { createHash } from '../../../digest/hash.ts';

const blockBytes = 64;

/** The SHA-256 of some bytes, one array after the other. */
export function sha256(...all: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const bytes of all) hash.update(bytes);
  return fromHex(hexOf(hash.digest())) as Uint8Array;
}

/**
 * The HMAC of a text (RFC 2104). At once: WebCrypto takes several times as long for what is as short as a signed
 * request, because it asks another thread.
 */
export function hmacSha256(key: Uint8Array, text: string): Uint8Array {
  const block = new Uint8Array(blockBytes);
  block.set(key.length > blockBytes ? sha256(key) : key);
  const inner = sha256(
    block.map((byte) => byte ^ 0x36),
    utf8(text),
  );
  return sha256(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
}
