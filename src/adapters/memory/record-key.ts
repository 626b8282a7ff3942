import { UsageError } from '../../errors.ts';

/** The most bytes that a record can have: 1 MiB. */
const maxRecordBytes: number = 1024 * 1024;

/**
 * Takes a key that must be one: 1 to 1,024 bytes of printable ASCII, in segments none of which is empty, `.` or `..`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkKey(key: string): string {
  const valid = key.length <= 1024 && /^[\x20-\x7e]+$/.test(key) && key.split('/').every(isSegment);
  if (valid) return key;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `record key ${JSON.stringify(key.slice(0, 200))} is not 1 to 1024 bytes of printable ASCII in segments`,
    { argument: 'key' },
  );
}

function isSegment(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..';
}

/**
 * Takes the prefix of a listing, which may end anywhere in a key, also before its first byte.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkPrefix(prefix: string): string {
  if (prefix.length <= 1024 && /^[\x20-\x7e]*$/.test(prefix)) return prefix;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'prefix of record keys is not printable ASCII', { argument: 'prefix' });
}

/**
 * Takes the limit of a listing.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return Infinity;
  if (Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw new UsageError('ERR_INVALID_ARGUMENT', `limit is ${String(limit)}, expected a whole number`, {
    argument: 'limit',
  });
}

/**
 * Takes the value of a record.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` beyond 1 MiB.
 */
export function checkValue(value: Uint8Array): Uint8Array {
  if (value.length <= maxRecordBytes) return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', `record has ${value.length} bytes, at most ${maxRecordBytes} fit`, {
    argument: 'value',
  });
}
