import { describe, expect, it } from 'vitest';
import { parseProvenance } from '../../src/attest/provenance.ts';
import { parseStatement } from '../../src/attest/statement.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';
import { someStatement } from './some-documents.ts';

const commit = 'a8d47f00eeaaf4d7d1f3a3c6d6e7a1f0c1b2d3e4';
const predicate1: Document = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: {
      workflow: {
        ref: 'refs/heads/main',
        repository: 'https://github.com/owner/name',
        path: '.github/workflows/a.yml',
      },
    },
    internalParameters: { github: { runner_environment: 'github-hosted' } },
    resolvedDependencies: [{ uri: 'git+https://github.com/owner/name@refs/heads/main', digest: { gitCommit: commit } }],
  },
  runDetails: {
    builder: { id: 'https://github.com/owner/name/.github/workflows/a.yml@refs/heads/main' },
    metadata: { invocationId: 'https://github.com/owner/name/actions/runs/1', startedOn: '2024-01-01T00:00:00Z' },
  },
};
const predicate02: Document = {
  builder: { id: 'https://github.com/actions/runner' },
  buildType: 'https://github.com/npm/cli/gha/v2',
  invocation: {
    configSource: {
      uri: 'git+https://github.com/owner/name@refs/tags/@scope/name@1.0.0',
      digest: { sha1: commit },
      entryPoint: '.github/workflows/a.yml',
    },
    parameters: { input: 'x' },
    environment: { GITHUB_REF: 'refs/heads/main' },
  },
  metadata: { buildInvocationId: '1-1', buildFinishedOn: '2024-01-01T00:00:01Z', reproducible: false },
  materials: [{ uri: 'git+https://github.com/owner/name@refs/heads/main', digest: { sha1: commit } }],
};

const statementOf = (predicateType: string, predicate: unknown): ReturnType<typeof parseStatement> =>
  parseStatement(JSON.stringify({ ...someStatement, predicateType, predicate }));
const read1 = (predicate: unknown): ReturnType<typeof parseProvenance> =>
  parseProvenance(statementOf('https://slsa.dev/provenance/v1', predicate));
const read02 = (predicate: unknown): ReturnType<typeof parseProvenance> =>
  parseProvenance(statementOf('https://slsa.dev/provenance/v0.2', predicate));
const definition = 'buildDefinition';

describe('parseProvenance', () => {
  it('reads version 1', () => {
    expect(read1(predicate1)).toEqual({
      version: '1',
      builder: 'https://github.com/owner/name/.github/workflows/a.yml@refs/heads/main',
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      source: { repository: 'https://github.com/owner/name', ref: 'refs/heads/main', commit },
      externalParameters: {
        workflow: {
          ref: 'refs/heads/main',
          repository: 'https://github.com/owner/name',
          path: '.github/workflows/a.yml',
        },
      },
      internalParameters: { github: { runner_environment: 'github-hosted' } },
      resolvedDependencies: [
        { uri: 'git+https://github.com/owner/name@refs/heads/main', name: '', digest: { gitCommit: commit } },
      ],
      invocationId: 'https://github.com/owner/name/actions/runs/1',
      startedOn: Date.parse('2024-01-01T00:00:00Z'),
      finishedOn: undefined,
    });
  });

  it('reads version 0.2', () => {
    expect(read02(predicate02)).toEqual({
      version: '0.2',
      builder: 'https://github.com/actions/runner',
      buildType: 'https://github.com/npm/cli/gha/v2',
      source: { repository: 'https://github.com/owner/name', ref: 'refs/tags/@scope/name@1.0.0', commit },
      externalParameters: { input: 'x' },
      internalParameters: { GITHUB_REF: 'refs/heads/main' },
      resolvedDependencies: [
        { uri: 'git+https://github.com/owner/name@refs/heads/main', name: '', digest: { sha1: commit } },
      ],
      invocationId: '1-1',
      startedOn: undefined,
      finishedOn: Date.parse('2024-01-01T00:00:01Z'),
    });
  });

  it('reads what is optional as empty', () => {
    const { builder, buildType } = predicate02;
    expect(read02({ builder, buildType })).toMatchObject({
      source: undefined,
      externalParameters: {},
      invocationId: '',
    });
    const bare = changed(
      changed(predicate1, 'runDetails.metadata', undefined),
      `${definition}.internalParameters`,
      null,
    );
    expect(read1(bare)).toMatchObject({ internalParameters: {}, invocationId: '', startedOn: undefined });
    expect(read1(changed(predicate1, `${definition}.resolvedDependencies`, undefined)).source?.commit).toBe('');
  });

  it('reads dependencies that have no digest, or no URI', () => {
    const path = 'buildDefinition.resolvedDependencies';
    const dependencies = [{ uri: 'pkg:npm/a@1' }, { name: 'b', digest: { sha256: 'ab' } }];
    expect(read1(changed(predicate1, path, dependencies)).resolvedDependencies).toEqual([
      { uri: 'pkg:npm/a@1', name: '', digest: {} },
      { uri: '', name: 'b', digest: { sha256: 'ab' } },
    ]);
  });

  it('ignores members that it does not know, as SLSA demands', () => {
    expect(read1({ ...predicate1, extra: 1 })).toEqual(read1(predicate1));
  });
});

describe('the source of a provenance', () => {
  it('is not told where a build type that is not known lets anybody write it', () => {
    expect(read1(changed(predicate1, `${definition}.buildType`, 'https://example.org/build')).source).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['workflow', undefined],
    ['workflow', 'https://github.com/owner/name'],
    ['workflow.repository', undefined],
    ['workflow.repository', ''],
    ['workflow.repository', ['https://github.com/owner/name']],
  ])('is not told where %s is %j', (path, value) => {
    expect(read1(changed(predicate1, `${definition}.externalParameters.${path}`, value)).source).toBeUndefined();
  });

  it('has no ref where it is none', () => {
    const path = `${definition}.externalParameters.workflow.ref`;
    expect(read1(changed(predicate1, path, undefined)).source?.ref).toBe('');
  });

  it.each([
    ['https://github.com/owner/name', 'https://github.com/owner/name', ''],
    ['git+https://github.com/owner/name', 'https://github.com/owner/name', ''],
    ['git+https://user@host.example/name@v1', 'https://user@host.example/name', 'v1'],
    ['git+ssh://git@github.com/owner/name', 'ssh://git@github.com/owner/name', ''],
    ['https://good.example@evil.example', 'https://good.example@evil.example', ''],
    ['pkg:npm/a@1', 'pkg:npm/a', '1'],
  ])('parts %s', (uri, repository, ref) => {
    expect(read02(changed(predicate02, 'invocation.configSource.uri', uri)).source).toMatchObject({ repository, ref });
  });

  it('is not told where version 0.2 has no URI for it', () => {
    expect(read02(changed(predicate02, 'invocation.configSource.uri', undefined)).source).toBeUndefined();
  });
});

describe('parseProvenance, of what is wrong', () => {
  it.each<[string, unknown]>([
    ['buildDefinition', undefined],
    ['buildDefinition.buildType', ''],
    ['buildDefinition.externalParameters', undefined],
    ['buildDefinition.externalParameters', []],
    ['buildDefinition.resolvedDependencies', {}],
    ['buildDefinition.resolvedDependencies.0', null],
    ['buildDefinition.resolvedDependencies.0.uri', 1],
    ['buildDefinition.resolvedDependencies.0.digest.gitCommit', 1],
    ['runDetails', null],
    ['runDetails.builder', undefined],
    ['runDetails.builder.id', ''],
    ['runDetails.metadata.startedOn', 'yesterday'],
  ])('refuses %s of %j in version 1', (path, value) => {
    expect(thrownBy(() => read1(changed(predicate1, path, value)))).toMatchObject(
      refusal('ERR_STATEMENT_INVALID', `predicate.${path}`),
    );
  });

  it.each<[string, unknown]>([
    ['builder', undefined],
    ['buildType', undefined],
    ['invocation', 'x'],
    ['invocation.parameters', ['x']],
    ['metadata.buildStartedOn', 1],
    ['materials', null],
  ])('refuses %s of %j in version 0.2, unless null', (path, value) => {
    if (value === null) expect(read02(changed(predicate02, path, value)).resolvedDependencies).toEqual([]);
    else {
      expect(thrownBy(() => read02(changed(predicate02, path, value)))).toMatchObject(
        refusal('ERR_STATEMENT_INVALID', `predicate.${path}`),
      );
    }
  });

  it('refuses another predicate type', () => {
    for (const type of ['https://slsa.dev/provenance/v0.1', 'https://slsa.dev/provenance/v1.0', 'x']) {
      expect(thrownBy(() => parseProvenance(statementOf(type, predicate1)))).toMatchObject(
        refusal('ERR_STATEMENT_INVALID', 'predicateType'),
      );
    }
  });

  it('refuses a statement without a predicate', () => {
    expect(thrownBy(() => read1(undefined))).toMatchObject(refusal('ERR_STATEMENT_INVALID', 'predicate'));
  });
});
