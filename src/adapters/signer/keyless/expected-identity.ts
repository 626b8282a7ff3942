import type { JsonValue } from '../../../bytes/json.ts';
import { VerificationError } from '../../../errors.ts';
import type { ProvenSigner } from '../../../verify/report.ts';
import { memberOf } from './service.ts';
import type { IdentityToken } from './identity-token.ts';

/** Exactly who a certificate is to name. */
export interface ExpectedIdentity {
  readonly identity: string;
  readonly issuer: string;
}

type CertifiedSigner = Extract<ProvenSigner, { kind: 'certificate' }>;

/**
 * Checks that a certificate names whoever the token is of. What Fulcio makes of the tokens of continuous integration
 * depends on their issuer: of those that are known the name is compared, of others the token's subject, which newer
 * versions of Fulcio write down beside it.
 *
 * @throws VerificationError `ERR_IDENTITY_MISMATCH`.
 * @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */
export function checkIdentity(signer: CertifiedSigner, token: IdentityToken, expected?: ExpectedIdentity): void {
  const { identity, issuer } = signer;
  const issuers = expected === undefined ? issuersOf(token) : [expected.issuer];
  if (!issuers.includes(issuer)) throw mismatch('issuer', issuer, issuers.join(' or '));
  if (expected !== undefined) {
    if (identity !== expected.identity) throw mismatch('identity', identity, expected.identity);
    return;
  }
  const known = namesOf(token, identity);
  if (known === undefined ? signer.extensions.tokenSubject === token.challenge : known.includes(identity)) return;
  throw mismatch('identity', identity, known?.join(' or ') ?? 'one that its token is known to stand for');
}

/** Whoever federates logins of others names the one that vouched for the identity (Dex). */
function issuersOf({ issuer, claims }: IdentityToken): readonly string[] {
  const connector = memberOf(claims.federated_claims, 'connector_id');
  return typeof connector === 'string' && connector !== '' ? [issuer, connector] : [issuer];
}

const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The names that Fulcio gives for a token; undefined where its issuer has rules of its own. */
function namesOf({ claims, challenge, issuer }: IdentityToken, found: string): readonly string[] | undefined {
  const { job_workflow_ref: workflow, ci_config_ref_uri: pipeline, email } = claims;
  if (email === challenge) return [challenge];
  if (isText(workflow)) return [workflowUri(issuer, workflow, found)];
  if (isText(pipeline)) return [`https://${pipeline}`];
  const account = challenge.replace(serviceAccount, 'https://kubernetes.io/namespaces/$1/serviceaccounts/$2');
  if (account !== challenge) return [account];
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(challenge)) return [challenge];
  // A user name is made one of its issuer's domain.
  return found.startsWith(`${challenge}!`) ? [found] : undefined;
}

/** A workflow of GitHub itself, or on a server of somebody's own, which the token does not name. */
function workflowUri(issuer: string, workflow: string, found: string): string {
  const ours = issuer === 'https://token.actions.githubusercontent.com' || !URL.canParse(found);
  return `${ours ? 'https://github.com' : new URL(found).origin}/${workflow}`;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function mismatch(what: string, found: string, expected: string): VerificationError {
  const [a, b] = [found, expected].map((text) => text.slice(0, 300));
  return new VerificationError('ERR_IDENTITY_MISMATCH', `certificate has the ${what} ${a}, expected ${b}`, {
    hint: 'say exactly whom to expect with the option identity',
  });
}
