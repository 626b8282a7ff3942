/** A number as big-endian octets. */
export function bigEndian(value: number | bigint, size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) =>
    Number((BigInt(value) >> BigInt(8 * (size - 1 - index))) & 0xffn),
  );
}
