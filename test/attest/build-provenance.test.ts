import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildProvenance,
  githubActionsBuilder,
  parseProvenance,
  parseStatement,
  type Predicate,
  type Provenance,
  type ProvenanceInput,
} from '../../src/attest/index.ts';
import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../src/digest/index.ts';
import type { VerificationError } from '../../src/errors.ts';
import { pathOf, someEntry, someLock } from './some-lock.ts';

const lock = someLock([someEntry('b', { origin: 'https://registry.example/b/-/b-1.0.0.tgz' }), someEntry('@scope/a')]);
const input: ProvenanceInput = {
  lock,
  builder: { id: 'https://ci.example/builder' },
  buildType: 'https://ci.example/pack/v1',
  externalParameters: { lockfile: 'package-lock.json' },
};
const statementOf = ({ predicateType, predicate }: Predicate): ReturnType<typeof parseStatement> =>
  parseStatement(
    canonicalJson({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: hexOf(digestOf(utf8('a manifest'))) } }],
      predicateType,
      predicate,
    }),
  );
const read = (given: ProvenanceInput): Provenance => parseProvenance(statementOf(buildProvenance(given)));
const refused: unknown = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' } satisfies Partial<
  Record<keyof VerificationError, string>
>);

describe('buildProvenance', () => {
  it('names every entry of the lock with its package URL and its digests', () => {
    expect(read(input).resolvedDependencies).toEqual(
      ['@scope/a', 'b'].map((name) => ({
        uri: `pkg:npm/${name.replace('@', '%40')}@1.0.0`,
        name: pathOf(name),
        digest: { sha256: hexOf(digestOf(utf8(name))), sha512: hexOf(digestOf(utf8(name), 'sha512')) },
      })),
    );
  });

  it('names the address of an entry where the lockfile gives one, and no other', () => {
    const { predicate } = buildProvenance(input);
    expect(predicate).toMatchObject({
      buildDefinition: {
        resolvedDependencies: [
          expect.not.objectContaining({ downloadLocation: expect.anything() as unknown }),
          { downloadLocation: 'https://registry.example/b/-/b-1.0.0.tgz', mediaType: 'application/gzip' },
        ],
      },
    });
  });

  it('is read as it was built', () => {
    const full: ProvenanceInput = {
      ...input,
      builder: { id: 'https://ci.example/builder', version: { runner: '1' }, builderDependencies: [{ uri: 'a:b' }] },
      internalParameters: { shard: 1 },
      sources: [{ uri: 'git+https://git.example/a@refs/heads/main', digest: { gitCommit: 'ab'.repeat(20) } }],
      invocationId: 'https://ci.example/runs/1',
      startedOn: 1_700_000_000_000,
      finishedOn: 1_700_000_001_000,
      byproducts: [{ name: 'log', content: 'bG9n' }],
    };
    const found = read(full);
    expect(found).toMatchObject({
      version: '1',
      builder: 'https://ci.example/builder',
      buildType: full.buildType,
      externalParameters: full.externalParameters,
      internalParameters: full.internalParameters,
      invocationId: full.invocationId,
      startedOn: full.startedOn,
      finishedOn: full.finishedOn,
    });
    expect(found.resolvedDependencies).toHaveLength(3);
    expect(found.resolvedDependencies[0]).toMatchObject({ uri: 'git+https://git.example/a@refs/heads/main' });
    expect(buildProvenance(full).predicate).toMatchObject({
      runDetails: { builder: full.builder, byproducts: full.byproducts },
    });
  });

  it('has no metadata where none is given, and a time only where one is', () => {
    expect(buildProvenance(input).predicate['runDetails']).toEqual({ builder: input.builder });
    expect(read({ ...input, finishedOn: 0 })).toMatchObject({ invocationId: '', startedOn: undefined, finishedOn: 0 });
    expect(read({ ...input, startedOn: 0 })).toMatchObject({ startedOn: 0, finishedOn: undefined });
  });

  it('is the same for the same lock in any order', () => {
    const names = ['a', 'b', 'c', '@scope/a'];
    const sorted = buildProvenance({ ...input, lock: someLock(names.map((name) => someEntry(name))) });
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (order) => {
        const turned = { ...lock, entries: order.map((name) => someEntry(name)) };
        expect(buildProvenance({ ...input, lock: turned })).toEqual(sorted);
      }),
    );
  });

  it.each<[string, object]>([
    ['a builder that is no URI', { builder: { id: 'me' } }],
    ['no builder', { builder: undefined }],
    ['a builder that claims a level', { builder: { id: 'https://ci.example', level: 3 } }],
    ['a build type that is no URI', { buildType: 'pack' }],
    ['a member that nobody reads', { slsaLevel: 3 }],
    ['a time that is none', { startedOn: Infinity }],
    ['parameters that JSON cannot say', { externalParameters: { at: NaN } }],
  ])('refuses %s', (_what, change) => {
    expect(() => buildProvenance({ ...input, ...change })).toThrow(refused);
  });
});

const environment: Readonly<Record<string, string>> = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'owner/name',
  GITHUB_WORKFLOW_REF: 'owner/name/.github/workflows/a.yml@refs/heads/main',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: 'ab'.repeat(20),
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REPOSITORY_ID: '1',
  GITHUB_REPOSITORY_OWNER_ID: '2',
  GITHUB_RUN_ID: '3',
  GITHUB_RUN_ATTEMPT: '4',
  RUNNER_ENVIRONMENT: 'github-hosted',
};

describe('githubActionsBuilder', () => {
  it('says what the job runs, as GitHub says it', () => {
    expect(githubActionsBuilder(environment)).toEqual({
      builder: { id: 'https://github.com/owner/name/.github/workflows/a.yml@refs/heads/main' },
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: {
          ref: 'refs/heads/main',
          repository: 'https://github.com/owner/name',
          path: '.github/workflows/a.yml',
        },
      },
      internalParameters: {
        github: {
          event_name: 'push',
          repository_id: '1',
          repository_owner_id: '2',
          runner_environment: 'github-hosted',
        },
      },
      sources: [
        { uri: 'git+https://github.com/owner/name@refs/heads/main', digest: { gitCommit: environment['GITHUB_SHA'] } },
      ],
      invocationId: 'https://github.com/owner/name/actions/runs/3/attempts/4',
    });
  });

  it('gives a provenance whose source is read from it', () => {
    expect(read({ lock, ...githubActionsBuilder(environment) })).toMatchObject({
      source: {
        repository: 'https://github.com/owner/name',
        ref: 'refs/heads/main',
        commit: environment['GITHUB_SHA'],
      },
    });
  });

  it('names the workflow that holds the job where that is another', () => {
    const jobWorkflowRef = 'shared/ci/.github/workflows/pack.yml@refs/tags/v1';
    const { builder, externalParameters } = githubActionsBuilder(environment, { jobWorkflowRef });
    expect(builder).toEqual({ id: `https://github.com/${jobWorkflowRef}` });
    expect(externalParameters).toEqual(githubActionsBuilder(environment).externalParameters);
  });

  it.each(Object.keys(environment))('needs %s', (name) => {
    expect(() => githubActionsBuilder({ ...environment, [name]: undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: name }) as Error,
    );
  });

  it.each([
    ['GITHUB_SERVER_URL', 'http://github.com'],
    ['GITHUB_SERVER_URL', 'https://user@github.com'],
    ['GITHUB_REPOSITORY', 'owner'],
    ['GITHUB_WORKFLOW_REF', 'other/name/.github/workflows/a.yml@refs/heads/main'],
    ['GITHUB_WORKFLOW_REF', 'owner/name/.github/workflows/a.yml'],
    ['GITHUB_WORKFLOW_REF', 'owner/name/.github/workflows/a.yml@'],
    ['GITHUB_WORKFLOW_REF', 'owner/name/@refs/heads/main'],
    ['GITHUB_SHA', 'main'],
    ['GITHUB_RUN_ID', 'x'],
    ['GITHUB_EVENT_NAME', 'a b'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => githubActionsBuilder({ ...environment, [name]: value })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: name }) as Error,
    );
  });

  it('refuses a workflow of the job that is none, and options that nobody reads', () => {
    expect(() => githubActionsBuilder(environment, { jobWorkflowRef: 'pack.yml' })).toThrow(refused);
    expect(() => githubActionsBuilder(environment, { level: 3 } as object)).toThrow(refused);
  });
});
