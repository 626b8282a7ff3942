import { fromHex } from '../../../bytes/encoding.ts';

/**
 * Bytes that a driver gives: an array of any kind, or the text `\x…` where it leaves it at that. undefined for what is
 * neither.
 */
export function byteaOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value === 'string') return value.startsWith('\\x') ? fromHex(value.slice(2)) : undefined;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  const { buffer, byteOffset, byteLength } = value;
  // Small ones may lie in memory that a driver shares among many: nobody may hand that on.
  if (!(buffer instanceof ArrayBuffer) || byteLength !== buffer.byteLength) {
    return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return new Uint8Array(buffer);
}
