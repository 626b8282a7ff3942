import type { TransparencyLog } from '../attest/trust-root.ts';
import type { CheckList } from './check-list.ts';
import { requireOperators } from './demand.ts';
import { isoTime } from './establish-time.ts';
import { verifyLogEntry, type LogFact } from './log/verify-log-entry.ts';
import type { PreparedBundle } from './prepare-bundle.ts';
import type { SignedContent } from './signed-content.ts';

/**
 * Checks every log entry of a bundle: that its log took it in, and that it is about this signature, this key and this
 * content. An entry of a known log that is wrong fails the bundle, however many others are right.
 *
 * Sigstore client specification 4.4, Transparency Log Entry.
 */
export async function checkLog(
  list: CheckList,
  { bundle }: PreparedBundle,
  signed: SignedContent,
  options: { readonly logs: readonly TransparencyLog[]; readonly times: readonly number[]; readonly needed: number },
): Promise<void> {
  const { logs, times, needed } = options;
  const { logEntries, version } = bundle;
  const facts: LogFact[] = [];
  for (const entry of logEntries) {
    const fact = await list.look('log', async () => {
      const found = await verifyLogEntry(entry, { logs, version, signed, times });
      const message = `entry ${found.logIndex} of the log of ${found.operator} is about this signature`;
      const { time, ...rest } = found;
      return { fact: found, message, data: { ...rest, ...(time === undefined ? {} : { time: isoTime(time) }) } };
    });
    if (fact !== undefined) facts.push(fact);
  }
  await checkLogDemand(list, facts, needed);
}

/** Several operators are counted aloud, and so is one that is not there. */
async function checkLogDemand(list: CheckList, facts: readonly LogFact[], needed: number): Promise<void> {
  const wrong = list.checks.some(({ name, outcome }) => name === 'log' && outcome === 'failed');
  if (wrong || (facts.length > 0 && needed <= 1)) return;
  if (needed === 0) {
    list.skip('log', 'bundle has no entry of a trusted log, and none is demanded');
    return;
  }
  await list.look('log', () => {
    const operators = requireOperators(facts, needed, 'log entries', 'ERR_LOG_MISSING');
    return { fact: operators, message: `log entries are of ${operators.join(', ')}`, data: { operators, needed } };
  });
}
