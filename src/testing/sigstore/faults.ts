import { UsageError } from '../../errors.ts';
import type { Fault } from './fault.ts';
import { certificateFaults } from './faults/certificates.ts';
import { contentFaults } from './faults/content.ts';
import { documentFaults } from './faults/document.ts';
import { identityFaults } from './faults/identity.ts';
import { logBindingFaults } from './faults/log-binding.ts';
import { logProofFaults } from './faults/log-proof.ts';
import { logTrustFaults } from './faults/log-trust.ts';
import { sctFaults } from './faults/sct.ts';
import { statementFaults } from './faults/statement.ts';
import { timeFaults } from './faults/time.ts';

/**
 * Everything that a {@link createTestSigstore} can do wrong, each by a name. A strong verifier accepts every good bundle
 * and refuses what comes of every fault on each of the bundles that it is `on`.
 */
export const everyFault: readonly Fault[] = /* @__PURE__ */ [
  logBindingFaults,
  logProofFaults,
  logTrustFaults,
  timeFaults,
  certificateFaults,
  sctFaults,
  contentFaults,
  documentFaults,
  statementFaults,
  identityFaults,
].flat();

/** The fault of a name. */
export function faultOf(name: string): Fault {
  const fault = everyFault.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new UsageError('ERR_INVALID_ARGUMENT', `no fault is called ${JSON.stringify(name)}`, {
    argument: 'faults',
    hint: 'everyFault lists them',
  });
}
