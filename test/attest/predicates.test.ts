import { describe, expect, it } from 'vitest';
import { predicateTypeOf, predicateTypes } from '../../src/attest/predicate-types.ts';
import { parsePublishPredicate } from '../../src/attest/publish-predicate.ts';
import { parseStatement } from '../../src/attest/statement.ts';
import { parseVerificationSummary } from '../../src/attest/verification-summary.ts';
import { changed, refusal, thrownBy, type Document } from './change-document.ts';
import { someStatement } from './some-documents.ts';

const statementOf = (predicateType: string, predicate: unknown): ReturnType<typeof parseStatement> =>
  parseStatement(JSON.stringify({ ...someStatement, predicateType, predicate }));

describe('parseVerificationSummary', () => {
  const type = 'https://slsa.dev/verification_summary/v1';
  const summary: Document = {
    verifier: { id: 'https://example.com/publication_verifier' },
    timeVerified: '1985-04-12T23:20:50.52Z',
    resourceUri: 'pkg:npm/a@1.0.0',
    policy: { uri: 'https://example.com/a.policy', digest: { sha256: 'ab'.repeat(32) } },
    inputAttestations: [{ uri: 'https://example.com/a.jsonl', digest: { sha256: 'cd'.repeat(32) } }],
    verificationResult: 'PASSED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
    dependencyLevels: { SLSA_BUILD_LEVEL_0: 1 },
    slsaVersion: '1.0',
  };
  const read = (predicate: unknown): ReturnType<typeof parseVerificationSummary> =>
    parseVerificationSummary(statementOf(type, predicate));

  it('reads what a verifier found', () => {
    expect(read(summary)).toEqual({
      verifier: 'https://example.com/publication_verifier',
      timeVerified: 482196050520,
      resourceUri: 'pkg:npm/a@1.0.0',
      policy: { uri: 'https://example.com/a.policy', name: '', digest: { sha256: 'ab'.repeat(32) } },
      inputAttestations: [{ uri: 'https://example.com/a.jsonl', name: '', digest: { sha256: 'cd'.repeat(32) } }],
      result: 'passed',
      verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
      dependencyLevels: { SLSA_BUILD_LEVEL_0: 1 },
      slsaVersion: '1.0',
    });
  });

  it('reads that verification failed, and what is optional as empty', () => {
    const { verifier, resourceUri, policy } = summary;
    expect(read({ verifier, resourceUri, policy, verificationResult: 'FAILED' })).toMatchObject({
      result: 'failed',
      timeVerified: undefined,
      verifiedLevels: [],
      dependencyLevels: {},
    });
  });

  it.each<[string, unknown]>([
    ['verifier', undefined],
    ['verifier.id', ''],
    ['timeVerified', 'now'],
    ['resourceUri', undefined],
    ['policy', undefined],
    ['verificationResult', undefined],
    ['verificationResult', 'passed'],
    ['verificationResult', true],
    ['verifiedLevels', 'SLSA_BUILD_LEVEL_3'],
    ['verifiedLevels.0', ''],
    ['dependencyLevels', []],
  ])('refuses %s of %j', (path, value) => {
    expect(thrownBy(() => read(changed(summary, path, value)))).toMatchObject(
      refusal('ERR_STATEMENT_INVALID', `predicate.${path}`),
    );
  });

  it('refuses another predicate type', () => {
    expect(thrownBy(() => parseVerificationSummary(statementOf('x', summary)))).toMatchObject(
      refusal('ERR_STATEMENT_INVALID', 'predicateType'),
    );
  });
});

describe('parsePublishPredicate', () => {
  const type = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
  const publish: Document = { name: '@scope/name', version: '1.0.0', registry: 'https://registry.example' };

  it('reads what a registry published', () => {
    expect(parsePublishPredicate(statementOf(type, publish))).toEqual(publish);
  });

  it.each<[string, unknown]>([
    ['name', undefined],
    ['version', ''],
    ['registry', 1],
  ])('refuses %s of %j', (path, value) => {
    expect(thrownBy(() => parsePublishPredicate(statementOf(type, changed(publish, path, value))))).toMatchObject(
      refusal('ERR_STATEMENT_INVALID', `predicate.${path}`),
    );
  });

  it('refuses another predicate type', () => {
    expect(thrownBy(() => parsePublishPredicate(statementOf(`${type}/`, publish)))).toMatchObject(
      refusal('ERR_STATEMENT_INVALID', 'predicateType'),
    );
  });
});

describe('predicateTypeOf', () => {
  it.each([
    ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
    ['slsaprovenance', 'https://slsa.dev/provenance/v0.2'],
    ['spdx', 'https://spdx.dev/Document'],
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['https://example.org/x', 'https://example.org/x'],
    ['urn:example:x', 'urn:example:x'],
  ])('takes %s for %s', (name, type) => {
    expect(predicateTypeOf(name)).toBe(type);
  });

  it.each(['', 'slsa', 'SPDX', 'constructor', 'not a uri', 'https: //x', 'example.org/x'])('refuses %j', (name) => {
    expect(thrownBy(() => predicateTypeOf(name))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'predicateType',
    });
  });

  it('knows only names of URIs', () => {
    for (const type of Object.values(predicateTypes)) expect(predicateTypeOf(type)).toBe(type);
  });
});
