import canonicalize from 'canonicalize';
import { UsageError } from '../errors.ts';
import { utf8 } from './encoding.ts';

/**
 * The canonical bytes of a JSON value (RFC 8785): keys sorted, no white space, numbers as ECMAScript prints them.
 * Members that are undefined are left out.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what JSON cannot say: NaN, infinities, lone surrogates,
 * functions, symbols, arrays with undefined in them, and what contains itself.
 */
export function canonicalJson(value: unknown): Uint8Array<ArrayBuffer> {
  let text: string | undefined;
  try {
    refuseOutsideJson(value);
    text = canonicalize(value);
  } catch (cause) {
    throw notJson(cause);
  }
  if (text === undefined) throw notJson();
  return utf8(text);
}

/** What the library would write as text that is no JSON, or leave out without a word. */
function refuseOutsideJson(value: unknown): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`a ${typeof value} is not JSON`);
  if (typeof value !== 'object' || value === null) return;
  // Array.from turns a hole into undefined.
  if (Array.isArray(value) && Array.from(value).includes(undefined)) throw new TypeError('undefined is not JSON');
  Object.values(value).forEach(refuseOutsideJson);
}

function notJson(cause?: unknown): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'value cannot be written as canonical JSON', {
    cause,
    argument: 'value',
  });
}
