import { describe, expect, it } from 'vitest';
import { goodBundles, testStatement } from '../../../src/testing/sigstore/good-bundles.ts';
import type { SignOptions } from '../../../src/testing/sigstore/sign-options.ts';
import { githubPolicy, type GithubPolicyOptions } from '../../../src/verify/github/github-policy.ts';
import { reportOn, signed, stating } from '../some-evidence.ts';

const options = { owner: 'example', repository: 'project', instance: 'public-good' } as const;
const attestation = goodBundles.statement;
const elsewhere = 'https://github.com/shared/workflows/.github/workflows/build.yml@refs/heads/main';

async function outcome(sign: SignOptions, given: GithubPolicyOptions): Promise<string> {
  const { verdict, code } = await reportOn(await signed(sign), githubPolicy(given));
  return code ?? verdict;
}

describe('a policy for attestations of GitHub', () => {
  it.each<readonly [what: string, options: GithubPolicyOptions, outcome: string]>([
    ['the repository', options, 'passed'],
    ['its owner', { owner: 'example', instance: 'public-good' }, 'passed'],
    ['another owner', { ...options, owner: 'examples' }, 'ERR_IDENTITY_MISMATCH'],
    ['another repository', { ...options, repository: 'project2' }, 'ERR_IDENTITY_MISMATCH'],
    ['a repository that a dot could stand for', { ...options, repository: 'projec.' }, 'ERR_IDENTITY_MISMATCH'],
    ['the workflow', { ...options, workflow: 'release.yml' }, 'passed'],
    ['another workflow', { ...options, workflow: 'test.yml' }, 'ERR_IDENTITY_MISMATCH'],
    ['the workflow at its ref', { ...options, workflow: 'release.yml', ref: 'refs/tags/v1.0.0' }, 'passed'],
    [
      'the workflow at another ref',
      { ...options, workflow: 'release.yml', ref: 'refs/tags/v1.0' },
      'ERR_IDENTITY_MISMATCH',
    ],
    ['a ref', { ...options, ref: 'refs/tags/v1.0.0' }, 'passed'],
    ['the end of a ref', { ...options, ref: 'v1.0.0' }, 'ERR_IDENTITY_MISMATCH'],
    ['machines of GitHub', { ...options, denySelfHosted: true }, 'passed'],
    ['the workflow of another repository', { ...options, signer: 'shared/workflows' }, 'ERR_IDENTITY_MISMATCH'],
    [
      'another issuer',
      { ...options, issuer: 'https://token.actions.githubusercontent.com/enterprise' },
      'ERR_IDENTITY_MISMATCH',
    ],
    ['another statement', { ...options, predicateType: 'https://cyclonedx.org/bom' }, 'ERR_PREDICATE_MISMATCH'],
  ])('asks for %s', async (_what, given, expected) => {
    expect(await outcome(attestation, given)).toBe(expected);
  });

  it('refuses machines that are not of GitHub where it is told to', async () => {
    const sign = { ...attestation, extensions: { ...attestation.extensions, runnerEnvironment: 'self-hosted' } };
    expect(await outcome(sign, options)).toBe('passed');
    expect(await outcome(sign, { ...options, denySelfHosted: true })).toBe('ERR_IDENTITY_MISMATCH');
  });

  it('takes a shared workflow where its repository is named', async () => {
    const sign = {
      statement: stating('t:t'),
      identity: elsewhere,
      extensions: { ...attestation.extensions, buildSignerURI: elsewhere },
    };
    const given = { ...options, predicateType: 't:t' };
    expect(await outcome(sign, { ...given, signer: 'shared/workflows' })).toBe('passed');
    expect(await outcome(sign, given)).toBe('ERR_IDENTITY_MISMATCH');
  });

  it('asks for a timestamp, and neither log nor certificate timestamp, of its own instance', async () => {
    const own: SignOptions = { ...attestation, logs: [], scts: 0, timestamps: 1 };
    expect(await outcome(own, { ...options, instance: 'github' })).toBe('passed');
    expect(await outcome(own, options)).toBe('ERR_SCT_MISSING');
    expect(await outcome({ ...own, logs: ['v1'], timestamps: 0 }, { ...options, instance: 'github' })).toBe(
      'ERR_TIMESTAMP_MISSING',
    );
  });

  it('refuses a provenance of another repository than that of the certificate', async () => {
    const statement = testStatement();
    const text = JSON.stringify(statement).replaceAll('example/project', 'example/other');
    expect(await outcome({ ...attestation, statement: JSON.parse(text) as typeof statement }, options)).toBe(
      'ERR_PROVENANCE_MISMATCH',
    );
  });

  it.each([
    ['an owner with a slash', { ...options, owner: 'a/b' }],
    ['a repository that leads up', { ...options, repository: '..' }],
    ['a signer without its owner', { ...options, signer: 'workflows' }],
    ['a signer with more than two parts', { ...options, signer: 'shared/workflows/other' }],
    ['an empty workflow', { ...options, workflow: '' }],
    ['no instance', { owner: 'example' }],
    ['another instance', { ...options, instance: 'staging' }],
    ['an unknown option', { ...options, tag: 'v1' }],
  ])('is not made for %s', (_what, given) => {
    expect(() => githubPolicy(given as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
