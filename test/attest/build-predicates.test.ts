import { describe, expect, it } from 'vitest';
import {
  buildCustomPredicate,
  buildTestResult,
  buildVerificationSummary,
  parseStatement,
  parseVerificationSummary,
  type CustomPredicateInput,
  type Predicate,
  type TestResultInput,
  type VerificationSummaryInput,
} from '../../src/attest/index.ts';

const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error;
const statementOf = ({ predicateType, predicate }: Predicate): ReturnType<typeof parseStatement> =>
  parseStatement(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab'.repeat(32) } }],
      predicateType,
      predicate,
    }),
  );

describe('buildVerificationSummary', () => {
  const input: VerificationSummaryInput = {
    verifier: { id: 'https://verifier.example', version: { packwright: '1' } },
    timeVerified: 1_700_000_000_000,
    resourceUri: 'oci://registry.example/team/app',
    policy: { uri: 'https://verifier.example/policy', digest: { sha256: 'cd'.repeat(32) } },
    inputAttestations: [{ digest: { sha256: 'ef'.repeat(32) } }],
    result: 'passed',
    verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
    dependencyLevels: { SLSA_BUILD_LEVEL_0: 3 },
    slsaVersion: '1.1',
  };

  it('is read as it was built', () => {
    expect(parseVerificationSummary(statementOf(buildVerificationSummary(input)))).toEqual({
      verifier: 'https://verifier.example',
      timeVerified: 1_700_000_000_000,
      resourceUri: 'oci://registry.example/team/app',
      policy: { uri: 'https://verifier.example/policy', name: '', digest: { sha256: 'cd'.repeat(32) } },
      inputAttestations: [{ uri: '', name: '', digest: { sha256: 'ef'.repeat(32) } }],
      result: 'passed',
      verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
      dependencyLevels: { SLSA_BUILD_LEVEL_0: 3 },
      slsaVersion: '1.1',
    });
  });

  it.each([
    ['passed', []],
    ['failed', ['FAILED']],
  ] as const)('that %s has the levels %j by default', (result, levels) => {
    const { verifier, resourceUri, policy } = input;
    const summary = buildVerificationSummary({ verifier, resourceUri, policy, result });
    expect(parseVerificationSummary(statementOf(summary))).toMatchObject({
      result,
      verifiedLevels: levels,
      timeVerified: undefined,
    });
  });

  it.each<[string, object]>([
    ['a verifier that is no URI', { verifier: { id: 'me' } }],
    ['a resource that is no URI', { resourceUri: 'app' }],
    ['a result that is none', { result: 'PASSED' }],
    ['a time that is none', { timeVerified: -1 }],
    ['a member that nobody reads', { level: 3 }],
  ])('refuses %s', (_what, change) => {
    expect(() => buildVerificationSummary({ ...input, ...change })).toThrow(refused);
  });
});

describe('buildTestResult', () => {
  const input: TestResultInput = {
    result: 'warned',
    configuration: [{ uri: 'https://ci.example/test.yml', digest: { sha256: 'ab'.repeat(32) } }],
    url: 'https://ci.example/runs/1',
    passedTests: ['a'],
    warnedTests: ['b'],
    failedTests: ['c'],
  };

  it('says how tests went', () => {
    expect(buildTestResult(input)).toEqual({
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { ...input, result: 'WARNED' },
    });
  });

  it.each<[string, object]>([
    ['a result that is none', { result: 'skipped' }],
    ['passed tests of which some failed', { result: 'passed' }],
    ['tests that ran with nothing', { configuration: [] }],
    ['a place that is no URL', { url: 'here' }],
    ['a member that nobody reads', { passed: 1 }],
  ])('refuses %s', (_what, change) => {
    expect(() => buildTestResult({ ...input, ...change })).toThrow(refused);
  });

  it('needs no more than a result and what the tests ran with', () => {
    const { configuration } = input;
    expect(buildTestResult({ result: 'passed', configuration }).predicate).toEqual({ result: 'PASSED', configuration });
  });
});

describe('buildCustomPredicate', () => {
  it('says what cosign says of a text', () => {
    expect(buildCustomPredicate({ data: 'anything', created: 0 })).toEqual({
      predicateType: 'https://cosign.sigstore.dev/attestation/v1',
      predicate: { Data: 'anything', Timestamp: '1970-01-01T00:00:00Z' },
    });
    expect(buildCustomPredicate({ data: '' }).predicate).toEqual({ Data: '', Timestamp: '' });
  });

  it.each<[string, object]>([
    ['what is no text', { data: 1 }],
    ['a time that is none', { data: '', created: NaN }],
    ['a member that nobody reads', { data: '', type: 'x' }],
  ])('refuses %s', (_what, given) => {
    expect(() => buildCustomPredicate(given as CustomPredicateInput)).toThrow(refused);
  });
});
