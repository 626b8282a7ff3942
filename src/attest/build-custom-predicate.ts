import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import { predicateOf, type Predicate } from './build-predicate.ts';
import { formatRfc3339 } from './format-rfc3339.ts';
import { predicateTypeOf } from './predicate-types.ts';

/** Anything at all, as text. */
export interface CustomPredicateInput {
  readonly data: string;
  /** Milliseconds since 1970; seconds are written. No clock is read. */
  readonly created?: number | undefined;
}

/**
 * Builds what cosign writes with `--type custom`: a text, and when it was written. What is JSON and has a type of its own
 * needs no builder; `attest` takes any URI and object.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for unknown members, and what is no text or time.
 * @see https://github.com/sigstore/cosign/blob/v3.0.0/specs/COSIGN_PREDICATE_SPEC.md
 */
export function buildCustomPredicate(input: CustomPredicateInput): Predicate {
  checkOptions('predicate', input, ['data', 'created']);
  const { data, created } = input;
  if (typeof (data as unknown) !== 'string') {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'data is no text', { argument: 'data' });
  }
  return predicateOf(predicateTypeOf('custom'), {
    Data: data,
    // cosign's readers expect the member to be there.
    Timestamp: created === undefined ? '' : formatRfc3339('created', created),
  });
}
