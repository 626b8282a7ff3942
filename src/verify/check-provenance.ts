import type { Statement } from '../attest/statement.ts';
import type { CheckList } from './check-list.ts';
import type { StatementRule } from './policy.ts';
import type { ProvenSigner } from './report.ts';

/**
 * Checks what an SLSA provenance says of a build against the rules that its statement fits: one of them has to hold.
 * Few policies ask for it, so the code that does is loaded when one does.
 *
 * SLSA v1.2, Verifying artifacts, step 2.
 */
export async function checkProvenance(
  list: CheckList,
  rules: readonly StatementRule[],
  statement: Statement | undefined,
  signer: ProvenSigner | undefined,
): Promise<true | undefined> {
  if (statement === undefined || rules.length === 0 || !rules.every(isAboutBuilds)) {
    list.skip('provenance', 'nothing is demanded of a provenance');
    return true;
  }
  const { matchProvenance } = await import('./match-provenance.ts');
  return list.look('provenance', () => matchProvenance(rules, statement, signer));
}

function isAboutBuilds({ builder, source, buildType, externalParameters }: StatementRule): boolean {
  return [builder, source, buildType, externalParameters].some((clause) => clause !== undefined);
}
