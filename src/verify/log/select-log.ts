import type { LogEntry } from '../../attest/bundle.ts';
import type { TransparencyLog, ValidityPeriod } from '../../attest/trust-root.ts';
import { toHex } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { VerificationError } from '../../errors.ts';
import { entryError } from './log-error.ts';

/** The logs that an entry names. Keys come from the trust root alone, never from the bundle or the log. */
export function logsOf({ logId }: LogEntry, logs: readonly TransparencyLog[]): readonly TransparencyLog[] {
  const found = logs.filter((log) => equalBytes(log.logId, logId));
  if (found.length > 0) return found;
  throw new VerificationError('ERR_LOG_UNTRUSTED', `log ${toHex(logId)} is not in the trust root`);
}

/** Those of them whose key was good at all these times: a closed interval, which must have a start. */
export function logsAt(logs: readonly TransparencyLog[], times: readonly number[]): readonly TransparencyLog[] {
  const found = logs.filter(({ publicKey }) => times.every((time) => isWithin(publicKey.validFor, time)));
  const good = found.filter(({ publicKey }) => publicKey.validFor.start !== undefined);
  if (good.length > 0) return good;
  const when = times.map((time) => new Date(time).toISOString()).join(' and ');
  throw entryError(
    found.length > 0
      ? 'is of a log whose key has no start of validity'
      : `is of a log whose key was not good at ${when}`,
  );
}

function isWithin({ start = -Infinity, end = Infinity }: ValidityPeriod, time: number): boolean {
  return start <= time && time <= end;
}
