import { SigningError, type PackErrorOptions } from '../../../errors.ts';

/** The error for a key that cannot be used. Its message never holds any part of the key. */
export function keyError(message: string, options: PackErrorOptions = {}): SigningError {
  return new SigningError('ERR_KEY', `key ${message}`, options);
}

/** The error for a password that does not open a key, or is not there. */
export function passwordError(message: string, options: PackErrorOptions = {}): SigningError {
  return new SigningError('ERR_KEY_PASSWORD', `key ${message}`, options);
}
