import { checkOptions } from '../../bytes/check-options.ts';
import { provenanceType } from '../../attest/provenance.ts';
import { UsageError } from '../../errors.ts';
import type { Policy, TextRule } from '../policy.ts';
import { parsePolicy } from '../policy/parse-policy.ts';

/** Which attestation of GitHub is believed. */
export interface GithubPolicyOptions {
  /** Whose repositories are built from; all of them where no repository is named. */
  readonly owner: string;
  /** The name of the repository that is built from. */
  readonly repository?: string | undefined;
  /** `owner/name` of the repository whose workflow signs; that which is built from by default. */
  readonly signer?: string | undefined;
  /** The file in `.github/workflows` that signs; any by default. */
  readonly workflow?: string | undefined;
  /** The ref of that workflow, `refs/heads/main` for example; any by default. */
  readonly ref?: string | undefined;
  /**
   * Where it was signed: public repositories use Sigstore's public-good instance, others GitHub's own, which has no logs:
   * there a timestamp of its authority is the evidence. Never found out from the bundle.
   */
  readonly instance: 'public-good' | 'github';
  /**
   * Who issues the tokens of workflows: `https://token.actions.githubusercontent.com` by default. An enterprise may have
   * its own name behind it.
   */
  readonly issuer?: string | undefined;
  /** Asks that GitHub's own machines built it. */
  readonly denySelfHosted?: boolean | undefined;
  /** What must be stated; SLSA provenance of version 1 by default. */
  readonly predicateType?: string | undefined;
}

/**
 * A policy for artifact attestations of GitHub (`actions/attest`). The trust root that goes with it is that of the
 * instance.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for names that GitHub does not have.
 * @see https://docs.github.com/en/actions/concepts/security/artifact-attestations
 */
export function githubPolicy(options: GithubPolicyOptions): Policy {
  checkOptions('GitHub policy', options, [
    ...['owner', 'repository', 'signer', 'workflow', 'ref', 'instance', 'issuer', 'denySelfHosted', 'predicateType'],
  ]);
  const { owner, repository, instance, denySelfHosted = false, predicateType: type = provenanceType } = options;
  const source = repository === undefined ? undefined : `https://github.com/${named(owner)}/${named(repository)}`;
  return parsePolicy({
    version: 1,
    ...demandOf(instance),
    signers: {
      anyOf: [
        {
          identity: workflowIdentity(options),
          issuer: options.issuer ?? 'https://token.actions.githubusercontent.com',
          extensions: {
            sourceRepositoryOwnerURI: `https://github.com/${named(owner)}`,
            ...(source === undefined ? {} : { sourceRepositoryURI: source }),
            ...(denySelfHosted ? { runnerEnvironment: 'github-hosted' } : {}),
          },
        },
      ],
    },
    predicates: [{ type, ...(source === undefined || type !== provenanceType ? {} : { source }) }],
  });
}

function demandOf(instance: unknown): Pick<Policy, 'demand'> {
  if (instance === 'public-good') return {};
  if (instance === 'github') return { demand: { timestamp: 1, unsafeNoSct: true, unsafeNoLog: true } };
  throw new UsageError('ERR_INVALID_ARGUMENT', 'instance is not public-good or github', { argument: 'instance' });
}

/** What the certificate of a workflow is given to: its file, at a ref. */
function workflowIdentity({ owner, repository, signer, workflow, ref }: GithubPolicyOptions): TextRule {
  const [host, folder] = ['https://github.com/', '/.github/workflows/'];
  const of = signer === undefined ? undefined : ownerAndName(signer);
  const file = workflow === undefined ? undefined : named(workflow);
  const home = of ?? (repository === undefined ? undefined : `${named(owner)}/${named(repository)}`);
  if (home !== undefined && file !== undefined && ref !== undefined) return `${host}${home}${folder}${file}@${ref}`;
  const parts = [
    literally(`${host}${home ?? `${named(owner)}/`}`) + (home === undefined ? '[^/]+' : ''),
    literally(folder) + (file === undefined ? '[^/@]+' : literally(file)),
    `@${ref === undefined ? '.+' : literally(ref)}`,
  ];
  return { pattern: parts.join('') };
}

function ownerAndName(repository: string): string {
  const parts = repository.split('/');
  if (parts.length === 2) return parts.map(named).join('/');
  throw new UsageError('ERR_INVALID_ARGUMENT', `signer ${JSON.stringify(repository)} is not owner/name`, {
    argument: 'signer',
  });
}

function named(name: string): string {
  if (/^[\w.-]{1,200}$/.test(name) && !/^\.+$/.test(name)) return name;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${JSON.stringify(name)} is not a name on GitHub`, { argument: 'name' });
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
