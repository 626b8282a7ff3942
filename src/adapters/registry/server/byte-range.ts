/** A range of bytes, `start` included and `end` not; `whole` where the header asks for nothing that is understood. */
export type ByteRange = { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable';

const single = /^bytes=[ \t]*(?:([0-9]{1,16})-([0-9]{0,16})|-([0-9]{1,16}))[ \t]*$/i;

/**
 * Reads the header `Range` (RFC 9110 section 14.2). Several ranges, other units and what is malformed are answered
 * with the whole blob, as the section allows; a range that ends before it begins is not.
 */
export function parseByteRange(header: string | null, size: number): ByteRange {
  const found = header === null ? null : single.exec(header);
  if (found === null) return 'whole';
  const [, first, last = '', suffix] = found;
  if (first === undefined) {
    const length = Number(suffix);
    return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : 'unsatisfiable';
}
