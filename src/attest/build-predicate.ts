import { canonicalJson } from '../bytes/canonical-json.ts';
import { fromUtf8 } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { StatementPredicate } from './statement.ts';

/** What is said of something, and what kind of saying that is: what `attest` takes. */
export interface Predicate {
  /** A URI. */
  readonly predicateType: string;
  readonly predicate: StatementPredicate;
}

/**
 * A predicate that has only what JSON can say: members that are undefined are left out.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function predicateOf(predicateType: string, members: object): Predicate {
  return { predicateType, predicate: JSON.parse(fromUtf8(canonicalJson(members))) as StatementPredicate };
}

/**
 * A URI that must be there.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkUri(argument: string, value: unknown): string {
  if (typeof value === 'string' && /^[a-z][a-z\d+.-]*:\S+$/i.test(value)) return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is ${JSON.stringify(String(value))}, expected a URI`, {
    argument,
  });
}
