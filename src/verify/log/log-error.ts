import { VerificationError } from '../../errors.ts';

/** The error for an entry that is not about what was signed, or whose promise does not hold. */
export function entryError(message: string, cause?: unknown): VerificationError {
  return new VerificationError('ERR_LOG_ENTRY_INVALID', `log entry ${message}`, cause === undefined ? {} : { cause });
}

/** The error for an entry that is not shown to be in the log. */
export function proofError(message: string): VerificationError {
  return new VerificationError('ERR_LOG_PROOF_INVALID', message);
}
