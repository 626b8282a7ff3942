import { keyError } from './key-error.ts';

/** What scrypt costs (RFC 7914 section 2). */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * Memory is 128 × N × r octets, time follows N × r × p: this is 128 MiB and some tenths of a second, and the most that
 * go-securesystemslib, which cosign reads its keys with, allows (N=131072, r=8, p=1).
 */
const maximumWork = 2 ** 20;

/**
 * Refuses what is no cost, and what would take more than 128 MiB or more time than that takes: a file says it, not we.
 *
 * @throws SigningError `ERR_KEY`.
 */
export function checkScryptCost({ N, r, p }: ScryptCost): void {
  const whole = [N, r, p].every((number) => Number.isSafeInteger(number) && number >= 1);
  if (!whole || N < 2 || !Number.isInteger(Math.log2(N))) throw keyError('has parameters for scrypt that are none');
  if (N * r * p <= maximumWork) return;
  throw keyError(`asks scrypt for N=${N}, r=${r}, p=${p}, which is more than 128 MiB or takes too long`, {
    details: { N, r, p, maximum: maximumWork },
  });
}
