import { UsageError } from '../errors.ts';

/** The last second of the year 9999. */
const lastTime = 253_402_300_799_999;

/**
 * A time as RFC 3339 writes it, in UTC and to the second, from milliseconds since 1970.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no time between 1970 and 9999.
 */
export function formatRfc3339(argument: string, time: number): string {
  if (Number.isFinite(time) && time >= 0 && time <= lastTime) return `${new Date(time).toISOString().slice(0, 19)}Z`;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `${argument} is ${String(time)}, expected milliseconds since 1970, up to the year 9999`,
    { argument },
  );
}
