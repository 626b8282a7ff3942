import { signaturePredicateType } from '../attest/predicate-types.ts';
import type { Statement } from '../attest/statement.ts';
import type { JsonValue } from '../bytes/json.ts';
import { VerificationError } from '../errors.ts';
import type { CheckList } from './check-list.ts';
import type { Policy, StatementRule } from './policy.ts';
import { matchesText } from './policy/text-rule.ts';

/**
 * Checks that what was signed is what the policy asks for. Gives the rules that hold so far, of which one has to hold
 * about the provenance, too; none of them where a signature is all that is asked for.
 *
 * in-toto attestation v1, Validation model; GHSA-vjxv-45g9-9296 is what comes of leaving it out.
 */
export function checkPredicate(
  list: CheckList,
  statement: Statement | undefined,
  subjects: readonly string[],
  { predicates }: Policy,
): Promise<readonly StatementRule[] | undefined> {
  return list.look('predicate', () => {
    const message =
      statement === undefined ? 'signature is over the artifact itself' : `statement is ${statement.predicateType}`;
    const data = statement === undefined ? {} : { predicateType: statement.predicateType };
    const rules = predicates?.filter((rule) => 'type' in rule);
    if (rules === undefined) requireSignature(statement);
    // A rule for every predicate is there.
    if (rules === undefined || rules.length !== predicates?.length) return { fact: [], message, data };
    return { fact: rulesFor(rules, statement, subjects), message, data };
  });
}

function requireSignature(statement: Statement | undefined): void {
  if (statement === undefined || statement.predicateType === signaturePredicateType) return;
  throw mismatch(`statement is ${statement.predicateType}, expected a signature`, {
    hint: `name the type under predicates to accept such statements`,
    details: { predicateType: statement.predicateType },
  });
}

function rulesFor(
  rules: readonly StatementRule[],
  statement: Statement | undefined,
  subjects: readonly string[],
): readonly StatementRule[] {
  const types = [...new Set(rules.map(({ type }) => type))];
  const ofType = rules.filter(({ type }) => type === statement?.predicateType);
  if (statement === undefined || ofType.length === 0) {
    const found =
      statement === undefined ? 'bundle holds a signature and no statement' : `statement is ${statement.predicateType}`;
    throw mismatch(`${found}, expected ${types.join(' or ')}`, {
      details: { predicateType: statement?.predicateType ?? null, expected: types },
    });
  }
  const named = ofType.filter(
    ({ subject }) => subject === undefined || subjects.some((name) => matchesText(subject, name)),
  );
  if (named.length === 0) {
    throw new VerificationError(
      'ERR_SUBJECT_MISMATCH',
      'statement calls the artifact by another name than is expected',
      {
        details: { names: subjects.slice(0, 10) },
      },
    );
  }
  const right = named.filter(({ members = {} }) =>
    Object.entries(members).every(([name, rule]) => matchesText(rule, textMember(statement.predicate, name))),
  );
  if (right.length === 0)
    throw mismatch(`statement of ${statement.predicateType} says something else than is expected`, {});
  return right;
}

function textMember(predicate: Statement['predicate'], name: string): string | undefined {
  const value: JsonValue | undefined =
    predicate !== undefined && Object.hasOwn(predicate, name) ? predicate[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function mismatch(message: string, options: ConstructorParameters<typeof VerificationError>[2]): VerificationError {
  return new VerificationError('ERR_PREDICATE_MISMATCH', message, options);
}
