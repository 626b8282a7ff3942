import { isPackError, type PackError } from '../../errors.ts';
import { failureOf } from '../failure.ts';

/**
 * The error of something that could not be read, for the report. An abort ends the search: it is thrown.
 */
export function unreadError(error: unknown, signal: AbortSignal | undefined): PackError {
  signal?.throwIfAborted();
  const failure = failureOf(error, 'source');
  if (isPackError(failure)) return failure;
  throw failure;
}
