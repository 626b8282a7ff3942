import { describe, expect, it } from 'vitest';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { toBase64 } from '../../../src/bytes/encoding.ts';
import { digestOf, hexOf } from '../../../src/digest/digest.ts';
import { goodBundles, testArtifact, testStatement } from '../../../src/testing/sigstore/good-bundles.ts';
import type { JsonObject } from '../../../src/testing/sigstore/log-body.ts';
import { parseNpmAttestations, parseNpmKeys } from '../../../src/verify/npm/npm-documents.ts';
import { npmPolicies, type NpmPolicyOptions } from '../../../src/verify/npm/npm-policies.ts';
import { verifyNpmAttestations } from '../../../src/verify/npm/verify-npm.ts';
import { sigstore, trust } from '../some-evidence.ts';

const publishType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
const source = 'https://github.com/example/project';
const keyId = 'SHA256:abc';
const key = toBase64(sigstore.keys.signer.publicKey);
const validFor = { start: '2024-01-01T00:00:00.000Z' };
const options: NpmPolicyOptions = { name: '@scope/name', version: '1.0.0', keys: [{ keyId, key, validFor }], source };

const sha512 = hexOf(digestOf(testArtifact, 'sha512'));
const subject = [{ name: 'pkg:npm/%40scope/name@1.0.0', digest: { sha512 } }];
const published = (rest: JsonObject = {}): JsonObject => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  subject,
  predicateType: publishType,
  predicate: { name: '@scope/name', version: '1.0.0', registry: 'https://registry.example' },
  ...rest,
});
const built = (rest: JsonObject = {}): JsonObject => ({ ...testStatement(), subject, ...rest });

/** What the registry says of a package. */
async function answer(
  publish: JsonObject | undefined,
  provenance: JsonObject | undefined,
  hint = keyId,
): Promise<string> {
  const bundles = [
    publish && (await sigstore.sign({ statement: publish, signer: 'key', hint })),
    provenance && (await sigstore.sign({ ...goodBundles.statement, statement: provenance })),
  ].filter((bundle) => bundle !== undefined);
  const attestations = bundles.map((bundle) => ({ predicateType: 'x', bundle: JSON.parse(bundle) as JsonObject }));
  return JSON.stringify({ attestations });
}

describe('the attestations of a package', () => {
  it('are verified by its bytes, and by the digest of a lockfile', async () => {
    const document = await answer(published(), built());
    for (const tarball of [testArtifact, digestOf(testArtifact, 'sha512')]) {
      const { publish, provenance } = await verifyNpmAttestations(tarball, document, { ...options, trust });
      expect([publish.verdict, provenance.verdict]).toEqual(['passed', 'passed']);
    }
  });

  it('are verified where the chain of an early client ends with the root', async () => {
    const document = await answer(published(), built());
    const early = await sigstore.sign({ ...goodBundles.statement, version: '0.1', statement: built() });
    const root = parseTrustRoot(sigstore.trustRoot).certificateAuthorities[0]?.certificates.at(-1) ?? new Uint8Array();
    const bundle = JSON.parse(early) as { verificationMaterial: { x509CertificateChain: { certificates: object[] } } };
    bundle.verificationMaterial.x509CertificateChain.certificates.push({ rawBytes: toBase64(root) });
    const { attestations } = JSON.parse(document) as { attestations: object[] };
    const old = JSON.stringify({ attestations: [attestations[0], { predicateType: 'x', bundle }] });
    const { provenance } = await verifyNpmAttestations(testArtifact, old, { ...options, trust });
    expect(provenance.verdict).toBe('passed');
    const [, read] = parseNpmAttestations(old);
    expect(read?.bundle.material).toMatchObject({ certificates: { length: 2 } });
  });

  it('are verified for a build from anywhere, where that is said aloud', async () => {
    const anywhere = { ...options, source: undefined, unsafeAnySource: true } as const;
    const reports = await verifyNpmAttestations(testArtifact, await answer(published(), built()), {
      ...anywhere,
      trust,
    });
    expect(reports.provenance.verdict).toBe('passed');
  });

  it.each<readonly [what: string, document: () => Promise<string>, given: Partial<NpmPolicyOptions>, code: string]>([
    ['there are none', () => answer(undefined, undefined), {}, 'ERR_NO_SIGNATURES'],
    ['nothing was published', () => answer(undefined, built()), {}, 'ERR_KEY_MISMATCH'],
    ['nothing is said of the build', () => answer(published(), undefined), {}, 'ERR_KEY_MISMATCH'],
    ['the registry has another key', () => answer(published(), built(), 'SHA256:other'), {}, 'ERR_KEY_MISMATCH'],
    [
      'the key was good later',
      () => answer(published(), built()),
      { keys: [{ keyId, key, validFor: { start: '2025-06-01T00:00:00Z' } }] },
      'ERR_KEY_MISMATCH',
    ],
    ['the version is another', () => answer(published(), built()), { version: '1.0.1' }, 'ERR_SUBJECT_MISMATCH'],
    [
      'the name is that of another scope',
      () => answer(published(), built()),
      { name: '@other/name' },
      'ERR_SUBJECT_MISMATCH',
    ],
    [
      'the predicate is about another version',
      () => answer(published({ predicate: { name: '@scope/name', version: '2.0.0', registry: 'r' } }), built()),
      {},
      'ERR_PREDICATE_MISMATCH',
    ],
    [
      'the tarball is another',
      () =>
        answer(
          published({ subject: [{ name: 'pkg:npm/%40scope/name@1.0.0', digest: { sha512: 'ab'.repeat(64) } }] }),
          built(),
        ),
      {},
      'ERR_SUBJECT_MISMATCH',
    ],
    [
      'it was built from another repository',
      () => answer(published(), built()),
      { source: `${source}-fork` },
      'ERR_IDENTITY_MISMATCH',
    ],
    [
      'it was built on another platform',
      () => answer(published(), built()),
      { source: 'https://gitlab.com/example/project' },
      'ERR_IDENTITY_MISMATCH',
    ],
    [
      'the build says that it is of another package',
      () => answer(published(), built({ subject: [{ name: 'pkg:npm/other@1.0.0', digest: { sha512 } }] })),
      {},
      'ERR_SUBJECT_MISMATCH',
    ],
  ])('are refused where %s', async (_what, document, given, code) => {
    const verification = verifyNpmAttestations(testArtifact, await document(), { ...options, ...given, trust });
    await expect(verification).rejects.toMatchObject({ name: 'VerificationError', code });
  });

  it.each([
    ['no source', { source: undefined }],
    ['a source without a platform', { source: 'https://git.example/a/b' }],
    ['a source and any source', { unsafeAnySource: true }],
    ['no keys', { keys: [] }],
    ['a key that is none', { keys: [{ keyId, key: 'AAAA' }] }],
    ['an unknown option', { tag: 'latest' }],
  ])('have no policy for %s', (_what, given) => {
    expect(() => npmPolicies({ ...options, ...given } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('documents of npm', () => {
  it('are read: keys of the TUF repository, of which those for attestations count', () => {
    const publicKey = { rawBytes: key, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor };
    const keys = [
      { keyId: 'SHA256:sig', keyUsage: 'npm:signatures', publicKey },
      { keyId, keyUsage: 'npm:attestations', publicKey },
      { keyId: 'SHA256:always', keyUsage: 'npm:attestations', publicKey: { rawBytes: key } },
    ];
    expect(parseNpmKeys(JSON.stringify({ keys }))).toEqual([
      { keyId, key, validFor },
      { keyId: 'SHA256:always', key },
    ]);
  });

  it('are read: keys that the registry serves', () => {
    const end = '2025-01-29T00:00:00.000Z';
    const keys = [
      { expires: end, keyid: keyId, keytype: 'ecdsa-sha2-nistp256', key },
      { expires: null, keyid: 'b', key },
    ];
    expect(parseNpmKeys(JSON.stringify({ keys }))).toEqual([
      { keyId, key, validFor: { end } },
      { keyId: 'b', key },
    ]);
  });

  it.each(['[]', '{}', '{"keys":{}}', '{"keys":[{}]}', '{"keys":[1]}', JSON.stringify({ keys: Array(101).fill({}) })])(
    'are refused: keys %s',
    (text) => {
      expect(() => parseNpmKeys(text)).toThrow(expect.objectContaining({ name: 'FormatError' }));
    },
  );

  it.each(['{', '{"attestations":1}', '{"attestations":[{}]}', '{"attestations":[{"predicateType":"x"}]}'])(
    'are refused: attestations %s',
    (text) => {
      expect(() => parseNpmAttestations(text)).toThrow(expect.objectContaining({ name: 'FormatError' }));
    },
  );
});
