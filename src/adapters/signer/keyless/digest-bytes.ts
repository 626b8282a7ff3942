import { fromHex } from '../../../bytes/encoding.ts';
import { hexOf, type Digest } from '../../../digest/digest-name.ts';

/** The bytes of a digest, which is hexadecimal whatever else it is. */
export function digestBytes(digest: Digest): Uint8Array<ArrayBuffer> {
  return fromHex(hexOf(digest)) as Uint8Array<ArrayBuffer>;
}
