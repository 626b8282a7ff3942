import { parseProvenance, type Provenance } from '../attest/provenance.ts';
import type { Statement } from '../attest/statement.ts';
import { VerificationError } from '../errors.ts';
import type { Finding } from './check-list.ts';
import type { StatementRule } from './policy.ts';
import { describeText, matchesText } from './policy/text-rule.ts';
import type { ProvenSigner } from './report.ts';

/**
 * Matches a provenance against rules, of which one has to hold. What the certificate says of the same build has to
 * agree: the one is a claim of the build, the other of its platform.
 *
 * @throws VerificationError `ERR_PROVENANCE_MISMATCH`.
 * @throws FormatError `ERR_STATEMENT_INVALID` where the statement is no provenance.
 */
export function matchProvenance(
  rules: readonly StatementRule[],
  statement: Statement,
  signer: ProvenSigner | undefined,
): Finding<true> {
  const provenance = parseProvenance(statement);
  const { version, builder, buildType, source } = provenance;
  const found = { version, builder, buildType, source: source?.repository ?? null };
  const complaints = rules.map((rule) => disagreement(provenance, signer) ?? complaintAbout(provenance, rule));
  if (!complaints.includes(undefined)) throw mismatch(complaints, found);
  return { fact: true, message: `provenance is of a build by ${builder}`, data: found };
}

/** GitHub's own build type: its builder is the workflow that signs. */
const workflowType = 'https://actions.github.io/buildtypes/workflow/v1';

/** In what the provenance is not about the build that the certificate was issued to. */
function disagreement(
  { builder, buildType, source }: Provenance,
  signer: ProvenSigner | undefined,
): string | undefined {
  if (signer?.kind !== 'certificate') return undefined;
  const { sourceRepositoryURI, buildSignerURI } = signer.extensions;
  if (source !== undefined && sourceRepositoryURI !== undefined && source.repository !== sourceRepositoryURI) {
    return `has the source ${source.repository}, and its certificate ${sourceRepositoryURI}`;
  }
  if (buildType !== workflowType || buildSignerURI === undefined || builder === buildSignerURI) return undefined;
  return `has the builder ${builder}, and its certificate ${buildSignerURI}`;
}

/** The first thing in which a provenance is not the rule's. */
function complaintAbout(provenance: Provenance, rule: StatementRule): string | undefined {
  const asked = [
    ['builder', rule.builder, provenance.builder],
    ['build type', rule.buildType, provenance.buildType],
    ['source', rule.source, provenance.source?.repository],
  ] as const;
  for (const [name, expected, found] of asked) {
    if (expected === undefined || matchesText(expected, found)) continue;
    return `has ${found === undefined ? `no ${name}` : `the ${name} ${found}`}, expected ${describeText(expected)}`;
  }
  const { externalParameters: known } = rule;
  const extra = known && Object.keys(provenance.externalParameters).find((name) => !known.includes(name));
  return extra === undefined ? undefined : `has the external parameter ${extra}, which is not expected`;
}

function mismatch(complaints: readonly (string | undefined)[], found: object): VerificationError {
  const message = `provenance ${complaints.slice(0, 3).join('; or ')}`;
  return new VerificationError('ERR_PROVENANCE_MISMATCH', message, { details: { ...found } });
}
