import { FormatError } from '../../errors.ts';
import type { FindContext } from './candidate.ts';

/** Counts what is looked at for one manifest. */
export interface CandidateCount {
  /**
   * Counts so many more.
   *
   * @throws FormatError `ERR_LIMIT_EXCEEDED`, which is no word on whether there is a signature.
   */
  add(count: number): void;
}

/** A count against the limit of a search. */
export function countCandidates({ limits, repository }: FindContext): CandidateCount {
  let total = 0;
  return {
    add(count) {
      total += count;
      if (total <= limits.signatures) return;
      throw new FormatError(
        'ERR_LIMIT_EXCEEDED',
        `signatures and other referrers in ${repository.id} are more than the limit of ${limits.signatures}`,
        {
          details: { limit: limits.signatures },
          hint: 'raise the limit signatures, or delete referrers that nobody needs',
        },
      );
    },
  };
}
