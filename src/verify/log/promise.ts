import type { LogEntry } from '../../attest/bundle.ts';
import type { TransparencyLog } from '../../attest/trust-root.ts';
import { toBase64, toHex, utf8 } from '../../bytes/encoding.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { entryError } from './log-error.ts';
import { logKey } from './log-key.ts';

// Times come first and entries later: what was found to hold then need not be computed again.
const held = new WeakMap<LogEntry, readonly unknown[]>();

/**
 * Whether a log promised to take an entry in (a signed entry timestamp of Rekor v1): its signature over body, time, log
 * id and index as canonical JSON (RFC 8785). Only then is the integrated time more than a claim.
 */
export async function isPromised(entry: LogEntry, promise: Uint8Array, log: TransparencyLog): Promise<boolean> {
  const { body, integratedTime, logId, logIndex } = entry;
  const payload = `{"body":"${toBase64(body)}","integratedTime":${integratedTime},"logID":"${toHex(logId)}","logIndex":${logIndex}}`;
  const question = [payload, toHex(promise), log];
  if (held.get(entry)?.every((part, index) => part === question[index]) === true) return true;
  const holds = await verifySignature(logKey(log), promise, { bytes: utf8(payload) });
  if (holds) held.set(entry, question);
  return holds;
}

// The end of the year 9999.
const lastSecond = 253_402_300_799n;

/** The integrated time in milliseconds since 1970. A claim, until the promise was checked. */
export function integratedTimeOf({ integratedTime }: LogEntry): number {
  if (integratedTime <= 0n || integratedTime > lastSecond) throw entryError('has a promise but no time');
  return Number(integratedTime) * 1000;
}
