import { UsageError } from '../../errors.ts';

/**
 * Checks the options of a store in a folder: an object with a `directory`, and nothing that nobody reads.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkKnown(what: string, options: { readonly directory: string }, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `${what} has an unknown option ${JSON.stringify(unknown)}`, {
      argument: unknown,
      hint: `known options are ${known.join(', ')}`,
    });
  }
  if (typeof options.directory !== 'string' || options.directory === '') {
    throw new UsageError('ERR_INVALID_ARGUMENT', `directory of ${what} is not a path`, { argument: 'directory' });
  }
}
