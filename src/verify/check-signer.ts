import { parseRfc3339 } from '../attest/rfc3339.ts';
import { VerificationError } from '../errors.ts';
import type { CheckList } from './check-list.ts';
import type { TimeFact } from './establish-time.ts';
import type { IdentityRule, KeyRule, Policy, SignerRule, UnsafeAnyIdentity } from './policy.ts';
import { extensionName } from './policy/extension-name.ts';
import { describeText, matchesText } from './policy/text-rule.ts';
import { describeSigner } from './proven-signer.ts';
import type { ProvenSigner } from './report.ts';
import type { SigningKey } from './signing-key.ts';

/**
 * Checks that the signer is one whom the policy names: by one rule, with everything that it says.
 *
 * Sigstore client specification 4.3, Certificate, the last paragraph.
 */
export function checkSigner(
  list: CheckList,
  signer: ProvenSigner,
  { rules }: SigningKey,
  { signers }: Policy,
  times: readonly TimeFact[],
): Promise<true | undefined> {
  return list.look('signer', () => {
    if (signer.kind === 'key') requireValidKey(rules, times);
    else requireIdentity(signer, signers.anyOf);
    return { fact: true, message: `signer is ${describeSigner(signer)}`, data: { ...signer } };
  });
}

type CertifiedSigner = Extract<ProvenSigner, { kind: 'certificate' }>;

function requireIdentity(signer: CertifiedSigner, rules: readonly SignerRule[]): void {
  const identities = rules.filter((rule): rule is IdentityRule | UnsafeAnyIdentity => !('key' in rule));
  if (identities.length === 0) {
    throw new VerificationError(
      'ERR_KEY_MISMATCH',
      `signer is ${describeSigner(signer)}, and the policy names keys alone`,
    );
  }
  const complaints = identities.map((rule) => ('unsafeAnyIdentity' in rule ? undefined : complaintAbout(signer, rule)));
  if (complaints.includes(undefined)) return;
  throw new VerificationError('ERR_IDENTITY_MISMATCH', `signer ${complaints.slice(0, 3).join('; or ')}`, {
    details: { identity: signer.identity, issuer: signer.issuer },
  });
}

/** The first thing in which a signer is not the rule's. */
function complaintAbout(
  signer: CertifiedSigner,
  { identity, issuer, extensions = {} }: IdentityRule,
): string | undefined {
  const asked = [
    ['identity', identity, signer.identity] as const,
    ['issuer', issuer, signer.issuer] as const,
    ...Object.entries(extensions).map(([name, rule]) => {
      const known = extensionName(name) ?? name;
      return [known, rule, Object.hasOwn(signer.extensions, known) ? signer.extensions[known] : undefined] as const;
    }),
  ];
  const wrong = asked.find(([, rule, found]) => !matchesText(rule, found));
  if (wrong === undefined) return undefined;
  const [name, rule, found] = wrong;
  return `has ${found === undefined ? `no ${name}` : `the ${name} ${found}`}, expected ${describeText(rule)}`;
}

/** A key that was good once counts for what was signed then: every proven time must lie in the period of one rule. */
function requireValidKey(rules: readonly KeyRule[], times: readonly TimeFact[]): void {
  if (rules.some(({ validFor }) => validFor === undefined)) return;
  if (times.length === 0) {
    throw new VerificationError('ERR_TIMESTAMP_MISSING', 'key is good for a period alone, and no time is proven');
  }
  const good = rules.some(({ validFor = {} }) => {
    const start = validFor.start === undefined ? -Infinity : parseRfc3339(validFor.start);
    const end = validFor.end === undefined ? Infinity : parseRfc3339(validFor.end);
    return start !== undefined && end !== undefined && times.every(({ time }) => time >= start && time <= end);
  });
  if (!good) throw new VerificationError('ERR_KEY_MISMATCH', 'key was not good at each time that is proven');
}
