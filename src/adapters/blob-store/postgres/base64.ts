import { fromBase64 } from '../../../bytes/encoding.ts';
import { byteaOf } from './bytea.ts';

interface NativeBuffer {
  readonly Buffer: { from(text: string, encoding: 'base64'): unknown };
}

interface NativeProcess {
  readonly process?: { getBuiltinModule?(name: string): NativeBuffer | undefined };
}

/**
 * The bytes of what `encode(…, 'base64')` of Postgres gives: base64 in lines. Every driver hands it on as it is, and it
 * is two thirds of the digits that a bytea is on its way. undefined for what is no such text.
 */
export function bytesOfBase64(text: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string') return undefined;
  const native = (globalThis as NativeProcess).process?.getBuiltinModule?.('node:buffer');
  return native === undefined ? fromBase64(text.replaceAll('\n', '')) : byteaOf(native.Buffer.from(text, 'base64'));
}
