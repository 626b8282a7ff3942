import { FormatError } from '../errors.ts';
import { fromBase64, toBase64 } from './encoding.ts';

const maximumText = 131_072;

/**
 * The bytes of the one block with this label (RFC 7468): lines of standard base64 between its two boundary lines, of any
 * length, ended by LF or CRLF. Text before and after may only be white space.
 *
 * @throws FormatError `ERR_DER_INVALID` for anything else, or more than 128 KiB of text.
 */
export function parsePem(text: string, label: string): Uint8Array<ArrayBuffer> {
  const [first, ...rest] = text.length > maximumText ? [] : text.trim().split(/\r?\n/);
  const last = rest.pop();
  const bytes = fromBase64(rest.map((line) => line.trim()).join(''));
  if (first !== `-----BEGIN ${label}-----` || last !== `-----END ${label}-----` || bytes?.length === 0) {
    throw pemError(label);
  }
  if (bytes === undefined) throw pemError(label);
  return bytes;
}

/** One block of PEM, in lines of 64 characters. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function pemError(label: string): FormatError {
  return new FormatError('ERR_DER_INVALID', `PEM is not one block of ${label} in base64`);
}
