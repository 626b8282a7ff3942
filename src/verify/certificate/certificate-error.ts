import { VerificationError } from '../../errors.ts';

/** The error for a certificate that is not as it must be. */
export function certificateError(message: string, cause?: unknown): VerificationError {
  const options = cause === undefined ? {} : { cause };
  return new VerificationError('ERR_CERTIFICATE_INVALID', `certificate ${message}`, options);
}
