import { beforeAll, describe, expect, it } from 'vitest';
import { parseBundle } from '../../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { goodBundles, testArtifact } from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { evaluate } from '../../../src/verify/evaluate.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';
import { judge } from './judge.ts';

const email = { identity: 'dev@example.com', issuer: 'https://login.example' };

/** A policy of one signer, with more. */
const policy = (signer: object, more: object = {}): object => ({ version: 1, signers: { anyOf: [signer] }, ...more });

describe('a policy is refused that', () => {
  it.each([
    ['is empty', {}],
    ['names no signers', { version: 1 }],
    ['names an empty list of signers', { version: 1, signers: { anyOf: [] } }],
    ['asks for no signer at all', { version: 1, signers: { threshold: 0, anyOf: [email] } }],
    ['names an identity without issuer', policy({ identity: email.identity })],
    ['names an issuer without identity', policy({ issuer: email.issuer })],
    ['names an empty identity', policy({ ...email, identity: '' })],
    ['misspells a demand', policy(email, { demand: { logs: 2 } })],
    ['misspells a member', policy(email, { predicate: [{ type: 'x' }] })],
    ['names an extension that there is none of', policy({ ...email, extensions: { sourceRepository: 'x' } })],
    ['waives what it demands', policy(email, { demand: { log: 1, unsafeNoLog: true } })],
    ['waives by something else than true', policy(email, { demand: { unsafeNoLog: 'no' } })],
    ['demands half a log', policy(email, { demand: { log: 0.5 } })],
    ['demands no log without saying that this is unsafe', policy(email, { demand: { log: 0 } })],
    ['names a pattern that is none', policy({ ...email, identity: { pattern: '(' } })],
    ['closes the anchors of its pattern', policy({ ...email, identity: { pattern: 'a)|(?:b' } })],
    ['accepts any identity by a word of its own', policy({ unsafeAnyIdentity: 'yes' })],
    ['accepts predicates of no type', policy(email, { predicates: [{}] })],
    ['accepts no predicates', policy(email, { predicates: [] })],
    ['accepts digests that can be forged', policy(email, { digests: [`sha1:${'0'.repeat(40)}`] })],
    ['has its members from a prototype', Object.create(policy(email)) as object],
  ])('%s', (_, input) => {
    expect(() => parsePolicy(input)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'policy' }) as Error,
    );
  });
});

describe('a good bundle is refused where', () => {
  let sigstore: TestSigstore;
  let bundle: string;
  beforeAll(async () => {
    sigstore = await createTestSigstore();
    bundle = await sigstore.sign(goodBundles['message of an email address']);
  });

  it.each([
    ['the pattern is the beginning of the identity', { ...email, identity: { pattern: 'dev@' } }],
    ['the pattern is the end of the identity', { ...email, identity: { pattern: '@example\\.com' } }],
    ['one side of the pattern begins as the identity', { ...email, identity: { pattern: 'dev|@example\\.com' } }],
    ['the text is a pattern', { ...email, identity: '.*' }],
    ['the text has a dot of a pattern', { ...email, identity: 'dev@example.co.' }],
    ['the pattern is in capitals', { ...email, identity: { pattern: 'DEV@EXAMPLE\\.COM' } }],
    ['the issuer is a pattern as text', { ...email, issuer: 'https://.*' }],
    ['the extension is not there', { ...email, extensions: { sourceRepositoryURI: { pattern: '.*' } } }],
  ])('%s', async (_, signer) => {
    const outcome = await judge(bundle, sigstore.trustRoot, parsePolicy(policy(signer)));
    expect(outcome).toBe('signer ERR_IDENTITY_MISMATCH');
  });

  it('a statement is asked for, and there is a signature', async () => {
    const asked = parsePolicy(policy(email, { predicates: [{ type: 'https://slsa.dev/provenance/v1' }] }));
    expect(await judge(bundle, sigstore.trustRoot, asked)).toBe('predicate ERR_PREDICATE_MISMATCH');
  });

  it('a signature is asked for, and there is a statement', async () => {
    const statement = await sigstore.sign(goodBundles.statement);
    const anybody = parsePolicy(policy({ unsafeAnyIdentity: true }));
    expect(await judge(statement, sigstore.trustRoot, anybody)).toBe('predicate ERR_PREDICATE_MISMATCH');
  });

  it('the artifact is none of the digests that are accepted', async () => {
    const asked = parsePolicy(policy(email, { digests: [`sha256:${'0'.repeat(64)}`] }));
    expect(await judge(bundle, sigstore.trustRoot, asked)).toBe('artifact ERR_SUBJECT_MISMATCH');
  });

  it.each([
    ['two logs are asked for', { log: 2 }, 'log ERR_LOG_MISSING'],
    ['two publications are asked for', { sct: 2 }, 'sct ERR_SCT_MISSING'],
    ['two times are asked for', { time: 2 }, 'time ERR_TIMESTAMP_MISSING'],
    ['a timestamp is asked for', { timestamp: 1 }, 'timestamp ERR_TIMESTAMP_MISSING'],
  ])('%s', async (_, demand, outcome) => {
    expect(await judge(bundle, sigstore.trustRoot, parsePolicy(policy(email, { demand })))).toBe(outcome);
  });

  it('two signers are asked for, and one signed twice', async () => {
    const trust = parseTrustRoot(sigstore.trustRoot);
    const twice = [parseBundle(bundle), parseBundle(await sigstore.sign(goodBundles['message of an email address']))];
    const asked = parsePolicy({ version: 1, signers: { threshold: 2, anyOf: [email] } });
    expect(await evaluate(testArtifact, twice, { policy: asked, trust })).toMatchObject({
      verdict: 'failed',
      code: 'ERR_THRESHOLD_NOT_MET',
      signers: { found: [{}] },
    });
  });

  it('there is no bundle at all', async () => {
    const trust = parseTrustRoot(sigstore.trustRoot);
    const report = await evaluate(testArtifact, [], { policy: parsePolicy(policy(email)), trust });
    expect(report).toMatchObject({ verdict: 'failed', code: 'ERR_NO_SIGNATURES' });
  });

  it('the trust root is empty', async () => {
    const nobody = JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' });
    expect(await judge(bundle, nobody, parsePolicy(policy(email)))).not.toBe('passed');
  });
});
