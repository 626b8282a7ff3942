import type { TrustRoot } from '../../../attest/trust-root.ts';
import { UsageError } from '../../../errors.ts';
import { isLoopback } from '../../../http/loopback.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import type { ChosenServices } from './choose-services.ts';
import { checkWitnesses } from './witness.ts';

/** Whom a certificate is asked of, and how. */
export interface CheckChosenOptions {
  readonly trust: TrustRoot;
  readonly unsafePlainHttp?: boolean | undefined;
}

/**
 * Refuses what can only fail later: services that nobody would believe, and signatures that nobody could date; and to
 * send a token where everybody on the way can read it.
 *
 * @returns The base URL of the certificate authority.
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkChosen(chosen: ChosenServices, { trust, unsafePlainHttp }: CheckChosenOptions): string {
  const { certificateAuthority, logs, timestampAuthorities } = chosen;
  checkWitnesses(chosen, trust);
  if (certificateAuthority === undefined) throw unusable('has no certificate authority');
  if (timestampAuthorities.length === 0 && !logs.some(({ majorApiVersion }) => majorApiVersion === 1)) {
    throw unusable('has nobody who says when something was signed, which a certificate of minutes needs');
  }
  const url = new URL(certificateAuthority.url);
  if (url.protocol !== 'https:' && !isLoopback(url.hostname) && unsafePlainHttp !== true) throw readable(url);
  return certificateAuthority.url;
}

function readable(url: URL): UsageError {
  const message = `certificate authority ${redactUrl(url)} would get the identity token over http, expected https`;
  return new UsageError('ERR_INVALID_ARGUMENT', message, {
    argument: 'signingConfig',
    hint: 'unsafePlainHttp, and --plain-http of the command, allow it: who reads the token on the way can sign as you',
  });
}

function unusable(problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `signing config ${problem}`, { argument: 'signingConfig' });
}
