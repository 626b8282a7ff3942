import { UsageError } from '../errors.ts';

/**
 * Refuses a range, from `start` up to and without `end`, that does not lie in a blob.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkRange(start: number, end: number, size: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size) return;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `range ${String(start)} to ${String(end)} does not lie in a blob of ${String(size)} bytes`,
    { argument: 'start' },
  );
}
