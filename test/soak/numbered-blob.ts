import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { someBytes } from '../../src/testing/bytes.ts';

/** The blob of a number, the same in every process: mostly small, one in eight of more than one part. */
export function numberedBlob(number: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly digest: Digest } {
  const size = number % 8 === 3 ? 5_500_000 + (number % 1000) : 1000 + ((number * 7919) % 200_000);
  const bytes = someBytes(size, number + 1);
  return { bytes, digest: digestOf(bytes) };
}

/** A small blob of a number. */
export function smallBlob(number: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly digest: Digest } {
  const bytes = someBytes(200 + (number % 3000), number + 1);
  return { bytes, digest: digestOf(bytes) };
}
