import { UsageError } from '../errors.ts';
import type { ArgumentSpec, FlagSpec } from './command.ts';

const forms = 'oci:DIR, fs:DIR, s3://BUCKET/PREFIX or postgres://USER@HOST/DATABASE';

/** The argument of a command that looks after a layout or a store. */
export const storeArgument: ArgumentSpec = { name: 'ref', summary: forms, optional: true };

/** The same as a flag, as `serve` has it. */
export const storeFlag: FlagSpec = { flags: '--store <store>', summary: `instead of the argument: ${forms}` };

/** True for what `openStore` opens. */
export function isStoreText(text: string): boolean {
  return /^(fs:|s3:\/\/|postgres(ql)?:\/\/)/.test(text);
}

/**
 * What was named, by the argument or by the flag.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for both, for none, and for a store of no kind that is known.
 */
export function oneStore(argument: string | undefined, flag: string | undefined): string {
  const named = argument ?? flag;
  if (named !== undefined && (argument === undefined || flag === undefined)) {
    return flag === undefined && !/^[a-z0-9+.-]+:\/\//.test(named) ? named : checkStore(named);
  }
  const what = named === undefined ? 'is not named' : 'is named twice';
  throw new UsageError('ERR_INVALID_ARGUMENT', `store ${what}`, { argument: 'store', hint: `write one of ${forms}` });
}

/**
 * A layout or a store, as it was typed. Says nothing of anything else, which may have a secret in it.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for anything else.
 */
export function checkStore(text: string): string {
  if (isStoreText(text) || /^oci(-archive)?:/.test(text)) return text;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'store is of no kind that is known', {
    argument: 'store',
    hint: `write one of ${forms}`,
  });
}
