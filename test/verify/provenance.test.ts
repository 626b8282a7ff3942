import { describe, expect, it } from 'vitest';
import { testStatement } from '../../src/testing/sigstore/good-bundles.ts';
import type { SignOptions } from '../../src/testing/sigstore/sign-options.ts';
import type { StatementRule } from '../../src/verify/policy.ts';
import { reportOn, signed, signerPem, stating, verdictOn, workflow } from './some-evidence.ts';

const type = 'https://slsa.dev/provenance/v1';
const source = 'https://github.com/example/project';
const buildType = 'https://actions.github.io/buildtypes/workflow/v1';
const extensions = { sourceRepositoryURI: source, buildSignerURI: workflow.identity };
const provenance: SignOptions = { statement: testStatement(), extensions };
const wanting = (...rules: Omit<StatementRule, 'type'>[]): { predicates: StatementRule[] } => ({
  predicates: rules.map((rule) => ({ type, ...rule })),
});

describe('a provenance', () => {
  it.each<readonly [what: string, rule: Omit<StatementRule, 'type'>, outcome: string]>([
    ['its builder', { builder: workflow.identity }, 'passed'],
    ['another builder', { builder: 'https://builder.example' }, 'ERR_PROVENANCE_MISMATCH'],
    ['its source', { source }, 'passed'],
    ['a pattern of its source', { source: { pattern: 'https://github\\.com/example/[^/]+' } }, 'passed'],
    ['another source', { source: `${source}-fork` }, 'ERR_PROVENANCE_MISMATCH'],
    ['its build type', { buildType }, 'passed'],
    ['another build type', { buildType: 'https://example.com/by-hand' }, 'ERR_PROVENANCE_MISMATCH'],
    ['its external parameters', { externalParameters: ['workflow', 'inputs'] }, 'passed'],
    ['fewer external parameters', { externalParameters: ['inputs'] }, 'ERR_PROVENANCE_MISMATCH'],
    ['everything', { builder: workflow.identity, source, buildType, externalParameters: ['workflow'] }, 'passed'],
    ['everything but one', { builder: workflow.identity, source: 'x', buildType }, 'ERR_PROVENANCE_MISMATCH'],
  ])('is asked for %s', async (_what, rule, outcome) => {
    expect(await verdictOn(await signed(provenance), wanting(rule))).toBe(outcome);
  });

  it('fits one rule of several, whole', async () => {
    const [wrong, right] = [{ source: 'x' }, { source }];
    expect(await verdictOn(await signed(provenance), wanting(wrong, right))).toBe('passed');
    const halves = wanting({ source, builder: 'x' }, { source: 'x', builder: workflow.identity });
    expect(await verdictOn(await signed(provenance), halves)).toBe('ERR_PROVENANCE_MISMATCH');
  });

  it('is not looked at where a rule asks for its type alone', async () => {
    const report = await reportOn(await signed(provenance), wanting({}));
    expect(report.bundles[0]?.checks.at(-1)).toMatchObject({ name: 'provenance', outcome: 'not-checked' });
    expect(report.verdict).toBe('passed');
  });

  it.each([
    [
      'the source repository',
      { ...extensions, sourceRepositoryURI: 'https://github.com/example/other' },
      /its certificate https:\/\/github.com\/example\/other/,
    ],
    [
      'the workflow that signs',
      { ...extensions, buildSignerURI: `${workflow.identity}.0` },
      /its certificate .*v1\.0\.0\.0/,
    ],
  ])('has to agree with its certificate about %s', async (_what, said, message) => {
    const bundle = await signed({ ...provenance, extensions: said });
    expect(await reportOn(bundle, wanting({ source, builder: workflow.identity }))).toMatchObject({
      code: 'ERR_PROVENANCE_MISMATCH',
      message: expect.stringMatching(message) as string,
    });
  });

  it('by a key is believed about its builder as the policy says', async () => {
    const policy = { signers: { anyOf: [{ key: signerPem }] }, ...wanting({ builder: workflow.identity }) };
    expect(await verdictOn(await signed({ statement: testStatement(), signer: 'key' }), policy)).toBe('passed');
  });

  it.each([
    ['says nothing', {}, 'ERR_STATEMENT_INVALID'],
    [
      'is of a build type that says no source',
      { buildDefinition: { buildType: 'b:b', externalParameters: {} }, runDetails: { builder: { id: 'x:x' } } },
      'ERR_PROVENANCE_MISMATCH',
    ],
  ])('is refused where it %s and its source is asked for', async (_what, predicate, outcome) => {
    const bundle = await signed({ statement: stating(type, { predicate }) });
    expect(await verdictOn(bundle, wanting({ source }))).toBe(outcome);
  });

  it('of another type is no provenance', async () => {
    const bundle = await signed({ statement: stating('https://cyclonedx.org/bom') });
    const policy = { predicates: [{ type: 'https://cyclonedx.org/bom', source }] };
    expect(await verdictOn(bundle, policy)).toBe('ERR_STATEMENT_INVALID');
  });
});
