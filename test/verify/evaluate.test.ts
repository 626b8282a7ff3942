import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import type { Bundle } from '../../src/attest/bundle.ts';
import { goodBundles, type GoodBundleName } from '../../src/testing/sigstore/good-bundles.ts';
import { pemOf } from '../../src/testing/sigstore/pem-of.ts';
import { evaluate } from '../../src/verify/evaluate.ts';
import type { Policy } from '../../src/verify/policy.ts';
import { verify } from '../../src/verify/verify.ts';
import {
  policyOf,
  reportOn,
  signed,
  signerPem,
  sigstore,
  testArtifact,
  trust,
  verdictOn,
  workflow,
} from './some-evidence.ts';

const signers = {
  anyOf: [
    workflow,
    { key: signerPem },
    { identity: { pattern: '[a-z]+@example\\.com' }, issuer: 'https://login.example' },
  ],
};
const from = (identity: string): Promise<Bundle> =>
  signed({ artifact: testArtifact, identity, issuer: 'https://login.example' });
const byKey = { artifact: testArtifact, signer: 'key' } as const;

describe('several bundles', () => {
  const wanting = (threshold: number): Partial<Policy> => ({ signers: { ...signers, threshold } });

  it('count by signer: two people, one pattern', async () => {
    const bundles = [await from('a@example.com'), await from('b@example.com')];
    const report = await reportOn(bundles, wanting(2));
    expect(report).toMatchObject({
      verdict: 'passed',
      signers: { threshold: 2, found: [{ identity: 'a@example.com' }, { identity: 'b@example.com' }] },
    });
  });

  it.each([
    ['one person twice', async () => [await from('a@example.com'), await from('a@example.com')]],
    ['one bundle twice', async () => Array<Bundle>(2).fill(await signed('message'))],
    ['one key twice', async () => [await signed(byKey), await signed({ ...byKey, hint: 'other' })]],
    [
      'a good one and one by a stranger',
      async () => [
        await signed('message'),
        await signed({ artifact: testArtifact, identity: 'eve@example.org', issuer: 'https://login.example' }),
      ],
    ],
  ])('are too few: %s', async (_what, bundles) => {
    expect(await reportOn(await bundles(), wanting(2))).toMatchObject({
      verdict: 'failed',
      code: 'ERR_THRESHOLD_NOT_MET',
      message: 'signatures are of 1 different signer, expected 2',
    });
  });

  it('are enough: a person, a workflow and a key', async () => {
    const bundles = [await from('a@example.com'), await signed('message'), await signed(byKey)];
    expect(await verdictOn(bundles, wanting(3))).toBe('passed');
    expect(await verdictOn(bundles, wanting(4))).toBe('ERR_THRESHOLD_NOT_MET');
  });

  it('pass with a bad one beside a good one, which is told', async () => {
    const forger = await sigstore.withFaults('checkpoint-of-another-log');
    const bad = parseBundle(await forger.sign(goodBundles.message));
    const { verdict, bundles } = await reportOn([bad, await signed('message')]);
    expect([verdict, ...bundles.map((bundle) => bundle.verdict)]).toEqual(['passed', 'failed', 'passed']);
  });

  it('say what is wrong with the one that came furthest', async () => {
    const bundles = [await signed({ artifact: new Uint8Array(3) }), await from('eve@example.org')];
    expect(await reportOn(bundles)).toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
      message: expect.stringMatching(/^none of 2 bundles counts; the closest: signer has the identity eve/) as string,
    });
  });

  it('say what is wrong with one by what the policy names, in whatever order they came', async () => {
    const person = await from('eve@example.org');
    const key = await signed(byKey);
    const codeOf = async (bundles: Bundle[], rule: Policy['signers']['anyOf'][number]): Promise<string | undefined> =>
      (await reportOn(bundles, { signers: { anyOf: [rule] } })).code;
    const otherKey = { key: pemOf('PUBLIC KEY', sigstore.keys.log.publicKey) };
    for (const bundles of [
      [person, key],
      [key, person],
    ]) {
      expect(await codeOf(bundles, workflow)).toBe('ERR_IDENTITY_MISMATCH');
      expect(await codeOf(bundles, otherKey)).toBe('ERR_SIGNATURE_INVALID');
    }
  });

  it('are none: there is no signature', async () => {
    expect(await reportOn([])).toMatchObject({ verdict: 'failed', code: 'ERR_NO_SIGNATURES', bundles: [] });
  });

  it('are bounded: one more than is looked at is an error', async () => {
    const many = Array<Bundle>(3).fill(await signed('message'));
    const options = { policy: policyOf(), trust, limits: { maxBundles: 2 } };
    await expect(evaluate(testArtifact, many, options)).rejects.toMatchObject({
      name: 'FormatError',
      code: 'ERR_LIMIT_EXCEEDED',
    });
    await expect(
      evaluate(testArtifact, Array<Bundle>(101).fill(many[0] as Bundle), { policy: policyOf(), trust }),
    ).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect((await evaluate(testArtifact, many.slice(1), options)).verdict).toBe('passed');
  });
});

describe('a report', () => {
  it.each(Object.keys(goodBundles) as GoodBundleName[])('of %s is whole, and the same after JSON', async (name) => {
    const { signer } = goodBundles[name];
    const report = await reportOn(await signed(name), {
      signers: { anyOf: [signer === 'key' ? { key: signerPem } : { unsafeAnyIdentity: true }] },
      predicates: [{ unsafeAnyPredicate: true }],
      ...(name === 'message without log' ? { demand: { unsafeNoLog: true, unsafeNoSct: true } } : {}),
    });
    expect(report).toMatchObject({ version: 1, verdict: 'passed' });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const checks = report.bundles.flatMap((bundle) => bundle.checks);
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(checks.every(({ message, spec }) => message !== '' && spec !== '')).toBe(true);
    expect(new Set(checks.map((check) => check.name)).size).toBe(11);
  });

  it('names who signed what and when', async () => {
    const { bundles, artifact } = await reportOn(await signed('message stamped'));
    expect(bundles[0]).toMatchObject({
      signer: { kind: 'certificate', ...workflow, identityKind: 'uri' },
      content: { kind: 'message' },
      times: [{ source: 'timestamp' }, { source: 'log' }],
    });
    expect(artifact).toEqual([expect.stringMatching(/^sha256:/)]);
  });

  it('names nobody whose signature is not proven', async () => {
    const bundle = await signed('message');
    const [report] = (await reportOn(bundle, {}, { artifact: new Uint8Array(3) })).bundles;
    expect(report).toMatchObject({ verdict: 'failed', code: 'ERR_SUBJECT_MISMATCH' });
    expect(report).not.toHaveProperty('signer');
    expect(report).not.toHaveProperty('content');
    expect(report?.checks.find(({ name }) => name === 'signature')?.outcome).toBe('not-checked');
  });

  it('names who signed where that is not whom the policy wants', async () => {
    const report = await reportOn(await from('eve@example.org'));
    expect(report.bundles[0]).toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', signer: { identity: 'eve@example.org' } });
    expect(report.signers.found).toEqual([]);
  });

  it('ignores evidence of those whom nobody trusts', async () => {
    const strangers = { ...trust, logs: [], timestampAuthorities: [] };
    const key = { signers: { anyOf: [{ key: signerPem }] } };
    const report = await reportOn(await signed({ ...byKey, timestamps: 1 }), key, { trust: strangers });
    const outcomes = report.bundles[0]?.checks
      .filter(({ outcome }) => outcome === 'ignored')
      .map(({ name, code }) => [name, code]);
    expect(report.verdict).toBe('passed');
    expect(outcomes).toEqual([
      ['timestamp', 'ERR_TIMESTAMP_UNTRUSTED'],
      ['log', 'ERR_LOG_UNTRUSTED'],
    ]);
  });

  it('believes nobody without a trust root but a key', async () => {
    expect(await verdictOn(await signed('message'), {}, { trust: undefined })).toBe('ERR_TIMESTAMP_MISSING');
    expect(
      await verdictOn(await signed(byKey), { signers: { anyOf: [{ key: signerPem }] } }, { trust: undefined }),
    ).toBe('passed');
  });
});

describe('verify', () => {
  it('gives the report where the verdict is yes', async () => {
    expect((await verify(testArtifact, await signed('message'), { policy: policyOf(), trust })).verdict).toBe('passed');
  });

  it('throws the code with the report where it is no', async () => {
    const refusal = verify(new Uint8Array(3), await signed('message'), { policy: policyOf(), trust });
    await expect(refusal).rejects.toMatchObject({
      name: 'VerificationError',
      code: 'ERR_SUBJECT_MISMATCH',
      report: { version: 1, verdict: 'failed' },
    });
  });

  it.each([
    ['an unknown option', { policy: policyOf(), offline: true }],
    ['an unknown limit', { policy: policyOf(), limits: { bundles: 1 } }],
    ['a limit of 0', { policy: policyOf(), limits: { maxBundles: 0 } }],
    ['no policy', {}],
    ['a policy without signers', { policy: { version: 1 } }],
    ['a time that is none', { policy: policyOf(), now: NaN }],
    ['a trust root that was not read', { policy: policyOf(), trust: JSON.parse(sigstore.trustRoot) as unknown }],
    ['a trust root that is a text', { policy: policyOf(), trust: sigstore.trustRoot }],
  ])('refuses %s', async (_what, options) => {
    const bundle = await signed('message');
    await expect(verify(testArtifact, bundle, options as never)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it.each([
    ['a text', '{}'],
    ['nothing', undefined],
    ['a document that was not read', { mediaType: 'x', verificationMaterial: {} }],
    ['a list of those', [{ mediaType: 'x', verificationMaterial: {} }]],
    ['a list with nothing in it', [null]],
  ])('refuses bundles that are %s', async (_what, bundles) => {
    const verification = verify(testArtifact, bundles as never, { policy: policyOf(), trust });
    await expect(verification).rejects.toMatchObject({ name: 'UsageError', argument: 'bundles' });
  });

  it('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(verify(testArtifact, await signed('message'), { policy: policyOf(), trust, signal })).rejects.toThrow(
      'enough',
    );
  });

  it('throws on what is no error of ours: a fault is never a verdict', async () => {
    const broken = { ...trust, logs: [null] } as never;
    await expect(verify(testArtifact, await signed('message'), { policy: policyOf(), trust: broken })).rejects.toThrow(
      TypeError,
    );
  });
});
