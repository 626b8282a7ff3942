import canonicalize from 'canonicalize';
import { UsageError } from '../errors.ts';
import { utf8 } from './encoding.ts';

/**
 * The canonical bytes of a JSON value (RFC 8785): keys sorted, no white space, numbers as ECMAScript prints them.
 * Members that are undefined are left out.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what JSON cannot say: NaN, infinities, lone surrogates, functions.
 */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw notJson(cause);
  }
  if (text?.isWellFormed() !== true) throw notJson();
  return utf8(text);
}

function notJson(cause?: unknown): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'value cannot be written as canonical JSON', {
    cause,
    argument: 'value',
  });
}
