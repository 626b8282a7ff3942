import { FormatError } from '../../errors.ts';
import type { Candidate, FindContext } from './candidate.ts';

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

/**
 * Fails where the layers that are to be read have more bytes together than may be in memory. One that is too large by
 * itself is not read, and told as such where its turn comes.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED`.
 */
export function checkTotal(candidates: readonly Candidate[], { limits, repository }: FindContext): void {
  const { totalBytes, bundleBytes } = limits;
  const sizes = candidates.map(({ layer }) => (layer.size > bundleBytes ? 0 : layer.size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= totalBytes) return;
  throw new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `signatures in ${repository.id} have ${total} bytes, more than ${totalBytes}`,
    {
      details: { limit: totalBytes, size: total },
      hint: 'raise the limit totalBytes, or delete referrers that nobody needs',
    },
  );
}
