import { isPackError, StoreError } from '../errors.ts';

/** Which end of a copy an error comes from. */
export type Side = 'source' | 'destination';

/**
 * The error of one end of a transfer, with `details.side` saying which. Our own errors keep class and code; what a
 * foreign adapter threw becomes the cause of a `StoreError`; an abort passes as it is.
 */
export function failureOf(error: unknown, side: Side, facts: Readonly<Record<string, unknown>> = {}): unknown {
  if (isAbort(error)) return error;
  if (isPackError(error)) return addDetails(error, { side, ...facts });
  const code = side === 'source' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE';
  const reason = error instanceof Error ? error.message : 'unknown error';
  return new StoreError(code, `${side} failed: ${reason}`, { cause: error, details: { side, ...facts } });
}

/** Adds facts to an error that passes through; what it says already stays. */
export function addDetails<E>(error: E, facts: Readonly<Record<string, unknown>>): E {
  if (isPackError(error)) Object.assign(error, { details: { ...facts, ...error.details } });
  return error;
}

/** True for the error of an aborted signal that gave no reason of its own. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
