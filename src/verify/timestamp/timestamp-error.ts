import { VerificationError } from '../../errors.ts';

/** The error for a timestamp that is malformed, of something else, or not by whom it says. */
export function timestampError(message: string, cause?: unknown): VerificationError {
  return new VerificationError('ERR_TIMESTAMP_INVALID', `timestamp ${message}`, cause === undefined ? {} : { cause });
}

/** The error for a timestamp of somebody whom the trust root does not know. */
export function unknownSigner(): VerificationError {
  return new VerificationError('ERR_TIMESTAMP_UNTRUSTED', 'timestamp is by an authority that is not in the trust root');
}
