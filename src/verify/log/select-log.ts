import type { LogEntry } from '../../attest/bundle.ts';
import type { TransparencyLog } from '../../attest/trust-root.ts';
import { toHex } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { VerificationError } from '../../errors.ts';
import { isWithin } from '../certificate/check-path.ts';
import { entryError } from './log-error.ts';

/** The logs that an entry names. Keys come from the trust root alone, never from the bundle or the log. */
export function logsOf({ logId }: LogEntry, logs: readonly TransparencyLog[]): readonly TransparencyLog[] {
  const found = logs.filter((log) => equalBytes(log.logId, logId));
  if (found.length > 0) return found;
  throw new VerificationError('ERR_LOG_UNTRUSTED', `log ${toHex(logId)} is not in the trust root`);
}

/** Those of them whose key was good at all these times: a closed interval, which must have a start. */
export function logsAt(logs: readonly TransparencyLog[], times: readonly number[]): readonly TransparencyLog[] {
  const found = logs.filter(({ publicKey: { validFor } }) =>
    [validFor.start ?? NaN, ...times].every((time) => isWithin(validFor, time)),
  );
  if (found.length > 0) return found;
  const when = times.map((time) => new Date(time).toISOString()).join(' and ');
  throw entryError(`is of a log whose key has no start, or was not good at ${when}`);
}
