import type { LogEntry } from '../attest/bundle.ts';
import type { TransparencyLog, TrustRoot } from '../attest/trust-root.ts';
import { isPackError } from '../errors.ts';
import type { CheckList } from './check-list.ts';
import { requireOperators, type NeededEvidence } from './demand.ts';
import { verifyPromise } from './log/verify-log-entry.ts';
import type { PreparedBundle } from './prepare-bundle.ts';
import type { ProvenTime } from './report.ts';
import { signatureOf } from './signing-key.ts';
import { verifyTimestamp } from './timestamp/verify-timestamp.ts';

/** A time that somebody vouches for. */
export interface TimeFact {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly source: 'log' | 'timestamp';
  readonly operator: string;
}

/**
 * The times at which the signature was there, by timestamp authorities and by promises of logs; undefined where
 * something about them is wrong. Each of them counts: one that is wrong is never made up for by one that is right.
 *
 * Sigstore client specification 4.2, Establishing a Time for the Signature.
 */
export async function establishTime(
  list: CheckList,
  { bundle }: PreparedBundle,
  needed: NeededEvidence,
  trust: TrustRoot,
): Promise<readonly TimeFact[] | undefined> {
  const stamps = await checkTimestamps(list, bundle.timestamps, signatureOf(bundle), trust);
  await checkTimestampDemand(list, stamps, needed.timestamp);
  const times = await list.look('time', async () => {
    const found = [...stamps, ...(await promisedTimes(bundle.logEntries, trust.logs))];
    const operators = requireOperators(found, needed.time, 'a proven time', 'ERR_TIMESTAMP_MISSING');
    const message =
      found.length === 0
        ? 'no time is proven, and none is demanded'
        : `the signature was there at ${found.map(({ time }) => isoTime(time)).join(', ')}, says ${operators.join(', ')}`;
    return {
      fact: found,
      message,
      data: { times: provenTimes(found).map((time) => ({ ...time })), needed: needed.time },
    };
  });
  return list.failed === undefined ? times : undefined;
}

async function checkTimestamps(
  list: CheckList,
  responses: readonly Uint8Array[],
  signature: Uint8Array,
  { timestampAuthorities }: TrustRoot,
): Promise<readonly TimeFact[]> {
  if (responses.length === 0) list.skip('timestamp', 'bundle has no timestamp of an authority');
  const facts: TimeFact[] = [];
  for (const response of responses) {
    const fact = await list.look('timestamp', async () => {
      const { time, operator } = await verifyTimestamp(response, signature, timestampAuthorities);
      const message = `timestamp authority ${operator} saw the signature at ${isoTime(time)}`;
      return {
        fact: { time, operator, source: 'timestamp' as const },
        message,
        data: { time: isoTime(time), operator },
      };
    });
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

async function checkTimestampDemand(list: CheckList, stamps: readonly TimeFact[], needed: number): Promise<void> {
  if (needed === 0) return;
  await list.look('timestamp', () => {
    const operators = requireOperators(stamps, needed, 'timestamps', 'ERR_TIMESTAMP_MISSING');
    return { fact: operators, message: `timestamps are of ${operators.join(', ')}`, data: { operators, needed } };
  });
}

/** What the entries' logs promised. A log that nobody trusts promised nothing; the check of the log says so. */
async function promisedTimes(
  entries: readonly LogEntry[],
  logs: readonly TransparencyLog[],
): Promise<readonly TimeFact[]> {
  const times: TimeFact[] = [];
  for (const entry of entries) {
    try {
      const promised = await verifyPromise(entry, logs);
      if (promised !== undefined) times.push({ ...promised, source: 'log' });
    } catch (error) {
      if (!isPackError(error) || error.code !== 'ERR_LOG_UNTRUSTED') throw error;
    }
  }
  return times;
}

/** Times as a report has them, each once. */
export function provenTimes(facts: readonly TimeFact[]): readonly ProvenTime[] {
  const seen = new Map(
    facts.map(({ time, source, operator }) => [
      [time, source, operator].join(),
      { time: isoTime(time), source, operator },
    ]),
  );
  return [...seen.values()];
}

/** A time as RFC 3339 writes it. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
