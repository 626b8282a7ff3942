import { UsageError } from '../errors.ts';

/**
 * Refuses an option that nobody reads: a misspelt limit or filter must never be ignored.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`, naming the option and those that are known.
 */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  checkObject(what, options);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `${what} has an unknown option ${JSON.stringify(key)}`, {
      argument: key,
      hint: `known options are ${known.join(', ')}`,
    });
  }
}

/**
 * Refuses what is no object at all, whatever the types say.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkObject(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${what} is not an object`, { argument: what });
}

/** The keys that the options of every operation may have. */
export const operationKeys: readonly string[] = ['signal', 'onEvent', 'parent'];

/**
 * A path, whatever the types say.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is no text, or empty.
 */
export function checkDirectory(what: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', `directory of ${what} is not a path`, { argument: 'directory' });
}

/**
 * A whole number of 1 or more.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkCount(argument: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is ${String(value)}, expected a whole number from 1`, {
    argument,
  });
}
