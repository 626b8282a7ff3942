import { derCursor, derTags, readDer } from '../../bytes/der-reader.ts';
import { isPackError } from '../../errors.ts';

/**
 * The signature r || s of a fixed size (IEEE P1363) that WebCrypto takes, from strict DER (RFC 3279 section 2.2.3);
 * undefined where it is anything else, or where r or s is not positive or has more than `size` octets.
 */
export function ecdsaSignature(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const sequence = derCursor(readDer(der, derTags.sequence));
    const numbers = [sequence.expect(derTags.integer).value, sequence.expect(derTags.integer).value];
    sequence.end();
    const signature = new Uint8Array(2 * size);
    for (const [index, number] of numbers.entries()) {
      const magnitude = number[0] === 0 ? number.subarray(1) : number;
      if ((number[0] ?? 0) >= 0x80 || magnitude.length === 0 || magnitude.length > size) return undefined;
      signature.set(magnitude, (index + 1) * size - magnitude.length);
    }
    return signature;
  } catch (error) {
    // What is no DER is no signature.
    if (isPackError(error)) return undefined;
    throw error;
  }
}
