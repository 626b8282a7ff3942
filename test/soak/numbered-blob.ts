import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { someBytes } from '../../src/testing/bytes.ts';

interface NumberedBlob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: Digest;
}

/** The blob of a number, the same in every process: mostly small, one in eight of more than one part. */
export function numberedBlob(number: number): NumberedBlob {
  const size = number % 8 === 3 ? 5_500_000 + (number % 1000) : 1000 + ((number * 7919) % 200_000);
  const bytes = size < blockSize ? someBytes(size, number + 1) : manyBlocks(size, number + 1);
  return { bytes, digest: digestOf(bytes) };
}

const blockSize = 1 << 16;

/** To make each byte of its own takes longer than to store it. No two blocks are the same, so that none can be swapped. */
function manyBlocks(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const block = someBytes(blockSize, seed);
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += blockSize) {
    bytes.set(block.subarray(0, size - start), start);
    bytes[start] = start / blockSize;
  }
  return bytes;
}

/** A small blob of a number. */
export function smallBlob(number: number): NumberedBlob {
  const bytes = someBytes(200 + (number % 3000), number + 1);
  return { bytes, digest: digestOf(bytes) };
}
