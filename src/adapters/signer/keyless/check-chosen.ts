import type { TrustRoot } from '../../../attest/trust-root.ts';
import { UsageError } from '../../../errors.ts';
import type { ChosenServices } from './choose-services.ts';
import { checkWitnesses } from './witness.ts';

/**
 * Refuses what can only fail later: services that nobody would believe, and signatures that nobody could date.
 *
 * @returns The base URL of the certificate authority.
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkChosen(chosen: ChosenServices, trust: TrustRoot): string {
  const { certificateAuthority, logs, timestampAuthorities } = chosen;
  checkWitnesses(chosen, trust);
  if (certificateAuthority === undefined) throw unusable('has no certificate authority');
  if (timestampAuthorities.length === 0 && !logs.some(({ majorApiVersion }) => majorApiVersion === 1)) {
    throw unusable('has nobody who says when something was signed, which a certificate of minutes needs');
  }
  return certificateAuthority.url;
}

function unusable(problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `signing config ${problem}`, { argument: 'signingConfig' });
}
