import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { BuildDefinition } from './build-provenance.ts';

/** The build type of GitHub's workflows: parameters as GitHub's own provenance has them. */
export const githubActionsBuildType = 'https://actions.github.io/buildtypes/workflow/v1';

/** What the environment does not tell. */
export interface GithubActionsBuilderOptions {
  /**
   * The claim `job_workflow_ref` of the job's identity token: the workflow that holds the job. It is another than the
   * environment names where the job is in a reusable workflow; then the certificate names it, and so must the builder.
   */
  readonly jobWorkflowRef?: string | undefined;
}

/**
 * The build that a job of GitHub Actions runs, from the variables that GitHub sets. They prove nothing by themselves:
 * the certificate of a keyless signature does, which names the same workflow, and a verifier compares the two. No level
 * of SLSA is claimed anywhere: it is a property of the builder, which the verifier knows or does not know.
 *
 * @param env - The variables of the job's environment.
 * @throws UsageError `ERR_INVALID_ARGUMENT` naming the variable that is missing or cannot be right.
 * @see https://actions.github.io/buildtypes/workflow/v1
 */
export function githubActionsBuilder(
  env: Readonly<Record<string, string | undefined>>,
  options: GithubActionsBuilderOptions = {},
): BuildDefinition {
  const variable = (name: string): string => required(env, name);
  const server = variable('GITHUB_SERVER_URL');
  const name = variable('GITHUB_REPOSITORY');
  const repository = `${server}/${name}`;
  const workflowRef = variable('GITHUB_WORKFLOW_REF');
  const workflow = workflowOf(workflowRef, name, repository);
  checkOptions('options', options, ['jobWorkflowRef']);
  return {
    builder: { id: `${server}/${jobWorkflow(options.jobWorkflowRef ?? workflowRef)}` },
    buildType: githubActionsBuildType,
    externalParameters: { workflow },
    internalParameters: {
      github: {
        event_name: variable('GITHUB_EVENT_NAME'),
        repository_id: variable('GITHUB_REPOSITORY_ID'),
        repository_owner_id: variable('GITHUB_REPOSITORY_OWNER_ID'),
        runner_environment: variable('RUNNER_ENVIRONMENT'),
      },
    },
    sources: [{ uri: `git+${repository}@${variable('GITHUB_REF')}`, digest: { gitCommit: variable('GITHUB_SHA') } }],
    invocationId: `${repository}/actions/runs/${variable('GITHUB_RUN_ID')}/attempts/${variable('GITHUB_RUN_ATTEMPT')}`,
  };
}

/** `owner/name/.github/workflows/file.yml@refs/heads/main` in its parts. */
function workflowOf(workflowRef: string, name: string, repository: string): Record<string, string> {
  const at = workflowRef.indexOf('@');
  if (!workflowRef.startsWith(`${name}/`) || at <= name.length + 1 || at === workflowRef.length - 1) {
    throw refused('GITHUB_WORKFLOW_REF', `is not a workflow of ${name} and a ref`);
  }
  return { ref: workflowRef.slice(at + 1), repository, path: workflowRef.slice(name.length + 1, at) };
}

function jobWorkflow(ref: string): string {
  if (/^[\w.-]+\/[\w.-]+\/[^\s@]+@\S+$/.test(ref)) return ref;
  throw refused('jobWorkflowRef', 'is not a workflow and a ref');
}

/** What a variable may be; any that is not here may be any text without white space. */
const forms: Readonly<Record<string, RegExp>> = {
  GITHUB_SERVER_URL: /^https:\/\/[^/\s@]+$/,
  GITHUB_REPOSITORY: /^[\w.-]+\/[\w.-]+$/,
  GITHUB_SHA: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/,
  GITHUB_RUN_ID: /^\d+$/,
  GITHUB_RUN_ATTEMPT: /^\d+$/,
};

function required(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name] ?? '';
  if (value === '') throw refused(name, 'is not set');
  if (!(forms[name] ?? /^\S+$/).test(value)) throw refused(name, 'is not what GitHub sets');
  return value;
}

function refused(name: string, problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `${name} ${problem}`, {
    argument: name,
    hint: 'only a job of GitHub Actions has this environment; elsewhere name builder and build type yourself',
  });
}
