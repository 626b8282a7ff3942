import type { LogEntry } from '../../attest/bundle.ts';
import type { TransparencyLog } from '../../attest/trust-root.ts';
import { toBase64, toHex, utf8 } from '../../bytes/encoding.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { entryError } from './log-error.ts';
import { logKey } from './log-key.ts';

/**
 * Whether a log promised to take an entry in (a signed entry timestamp of Rekor v1): its signature over body, time, log
 * id and index as canonical JSON (RFC 8785). Only then is the integrated time more than a claim.
 */
export function isPromised(entry: LogEntry, promise: Uint8Array, log: TransparencyLog): Promise<boolean> {
  const { body, integratedTime, logId, logIndex } = entry;
  const payload = `{"body":"${toBase64(body)}","integratedTime":${integratedTime},"logID":"${toHex(logId)}","logIndex":${logIndex}}`;
  return verifySignature(logKey(log), promise, { bytes: utf8(payload) });
}

// The end of the year 9999.
const lastSecond = 253_402_300_799n;

/** The integrated time in milliseconds since 1970. A claim, until the promise was checked. */
export function integratedTimeOf({ integratedTime }: LogEntry): number {
  if (integratedTime <= 0n || integratedTime > lastSecond) throw entryError('has a promise but no time');
  return Number(integratedTime) * 1000;
}
