import type { Digest } from '../digest/digest.ts';
import { isPackError } from '../errors.ts';

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
