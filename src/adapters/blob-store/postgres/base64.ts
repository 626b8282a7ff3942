import { fromBase64 } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';

interface NativeBuffer {
  readonly Buffer: { from(text: string, encoding: 'base64'): Uint8Array };
}

interface NativeProcess {
  readonly process?: { getBuiltinModule?(name: string): NativeBuffer | undefined };
}

/**
 * The bytes of what `encode(…, 'base64')` of Postgres gives: base64 in lines. Every driver hands it on as it is,
 * whatever it makes of a bytea, and it is two thirds of the digits that a bytea is on its way.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no such text.
 */
export function bytesOfBase64(text: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string') throw notText();
  const native = (globalThis as NativeProcess).process?.getBuiltinModule?.('node:buffer');
  if (native !== undefined) return own(native.Buffer.from(text, 'base64'));
  const bytes = fromBase64(text.replaceAll('\n', ''));
  if (bytes === undefined) throw notText();
  return bytes;
}

/** Small ones may lie in memory that is shared among many: nobody may hand that on. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}

function notText(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'client gives a text as something else', {
    argument: 'client',
    hint: 'give rows as objects by column name, with names and texts as they are',
  });
}
