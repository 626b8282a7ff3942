import type { Digest } from '../digest/digest.ts';
import { IntegrityError, isPackError } from '../errors.ts';

/** What went wrong with one blob. */
export interface BlobProblem {
  readonly digest: Digest;
  /** The code of the error, where it is one of packwright. */
  readonly code?: string | undefined;
  readonly message: string;
}

/** An error about one blob, as a report shows it. */
export function problemOf(digest: Digest, error: unknown): BlobProblem {
  const message = error instanceof Error ? error.message : String(error);
  return { digest, message, ...(isPackError(error) ? { code: error.code } : {}) };
}

/** True for bytes that are not those of their digest, rather than a store that failed. */
export function isCorrupt(error: unknown): boolean {
  return isPackError(error) && error.name === 'IntegrityError';
}

/** The size that was said before came from a store whose bytes were wrong. */
export function otherSize(
  { digest, size }: { readonly digest: Digest; readonly size: number },
  actual: number,
): IntegrityError {
  return new IntegrityError('ERR_SIZE_MISMATCH', `blob ${digest} has ${actual} bytes, expected ${size}`, {
    expected: String(size),
    actual: String(actual),
    hint: 'get the blob again: the store that said so has wrong bytes',
    retryable: true,
  });
}
