import { beforeAll, describe, expect, it } from 'vitest';
import { fromBase64, fromUtf8 } from '../../../src/bytes/encoding.ts';
import { everyFault } from '../../../src/testing/sigstore/faults.ts';
import { fulcioOid } from '../../../src/testing/sigstore/fulcio-extensions.ts';
import {
  goodBundles,
  testArtifact,
  testStatement,
  type GoodBundleName,
} from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestKey, testKeyOf, type TestKeyAlgorithm } from '../../../src/testing/sigstore/test-key.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';
import { judge, policyFor } from '../../verify/must-refuse/judge.ts';

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await createTestSigstore();
});

type Document = {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly { integratedTime?: string; canonicalizedBody: string }[];
  };
};

async function signed(by: TestSigstore, name: GoodBundleName = 'message'): Promise<Document> {
  return JSON.parse(await by.sign(goodBundles[name])) as Document;
}

describe('a Sigstore in memory', () => {
  it('stands still in time where it is not told otherwise', async () => {
    const { verificationMaterial } = await signed(sigstore);
    expect(verificationMaterial.tlogEntries[0]?.integratedTime).toBe(`${Date.UTC(2025, 0, 1) / 1000 + 1}`);
  });

  it('asks its clock whenever it signs', async () => {
    let now = Date.UTC(2030, 5, 1);
    const moving = await createTestSigstore({ clock: () => now, keys: sigstore.keys });
    now += 3_600_000;
    const { verificationMaterial } = await signed(moving);
    expect(verificationMaterial.tlogEntries[0]?.integratedTime).toBe(`${Date.UTC(2030, 5, 1, 1) / 1000 + 1}`);
  });

  it('is trusted by the same root when it is made of the same keys', async () => {
    const again = await createTestSigstore({ keys: sigstore.keys, algorithms: { root: 'PKIX_ED25519' } });
    expect(again.keys).toEqual(sigstore.keys);
    const bundle = await again.sign(goodBundles.message);
    expect(await judge(bundle, sigstore.trustRoot, policyFor('message', sigstore))).toBe('passed');
  });

  it('signs several bundles at the same time', async () => {
    const names: GoodBundleName[] = ['message', 'statement', 'message of Rekor v2', 'message', 'message of Rekor v2'];
    const bundles = await Promise.all(names.map((name) => sigstore.sign(goodBundles[name])));
    for (const [index, name] of names.entries()) {
      expect(await judge(bundles[index] ?? '', sigstore.trustRoot, policyFor(name, sigstore))).toBe('passed');
    }
  });

  it('enters into Rekor v1 what Rekor v1 has', async () => {
    const { verificationMaterial } = await signed(sigstore, 'statement 0.2 of intoto');
    const body = fromBase64(verificationMaterial.tlogEntries[0]?.canonicalizedBody ?? '') ?? new Uint8Array();
    expect(JSON.parse(fromUtf8(body))).toMatchObject({ apiVersion: '0.0.2', kind: 'intoto' });
  });

  it.each([
    [{ artifact: testArtifact, logs: ['v1', 'v1', 'v1'] as const }, 'logs'],
    [{ artifact: testArtifact, extensions: { noSuch: 'x' } }, 'noSuch'],
  ])('refuses to sign what it cannot: %o', async (options, word) => {
    await expect(sigstore.sign(options)).rejects.toThrow(word);
  });

  it.each([
    [{ fault: ['x'] }, 'ERR_INVALID_ARGUMENT'],
    [{ faults: ['no such fault'] }, 'ERR_INVALID_ARGUMENT'],
  ])('refuses %o', async (options, code) => {
    await expect(createTestSigstore(options as never)).rejects.toMatchObject({ code });
  });
});

describe('algorithms', { timeout: 60_000 }, () => {
  const policyOf = (): ReturnType<typeof policyFor> => policyFor('message', sigstore);

  it.each<TestKeyAlgorithm>([
    'PKIX_ECDSA_P256_SHA_256',
    'PKIX_ECDSA_P384_SHA_384',
    'PKIX_ECDSA_P521_SHA_512',
    'PKIX_RSA_PKCS1V15_2048_SHA256',
    'PKIX_ED25519',
  ])('of signers: %s, for messages and statements, in both versions of Rekor', async (algorithm) => {
    const keys = { ...sigstore.keys, signer: await createTestKey(algorithm) };
    const other = await createTestSigstore({ keys });
    for (const name of ['message', 'message of Rekor v2', 'statement', 'statement of Rekor v2'] as const) {
      expect(await judge(await other.sign(goodBundles[name]), other.trustRoot, policyFor(name, other))).toBe('passed');
    }
  });

  it.each<TestKeyAlgorithm>(['PKIX_ECDSA_P384_SHA_384', 'PKIX_ECDSA_P521_SHA_512', 'PKIX_RSA_PKCS1V15_2048_SHA256'])(
    'of authorities, logs and timestamps: %s',
    async (algorithm) => {
      const names = Object.keys(sigstore.keys).filter((name) => !/^second|signer|stranger|witness/.test(name));
      const algorithms = Object.fromEntries(names.map((name) => [name, algorithm]));
      const other = await createTestSigstore({ algorithms, keys: { signer: sigstore.keys.signer } });
      for (const name of ['message', 'message stamped', 'message of Rekor v2'] as const) {
        expect(await judge(await other.sign(goodBundles[name]), other.trustRoot, policyFor(name, other))).toBe(
          'passed',
        );
      }
    },
  );

  it('of a bare key: RSASSA-PSS, where the policy says so', async () => {
    const signer = await createTestKey('PKIX_RSA_PSS_2048_SHA256');
    const other = await createTestSigstore({ keys: { ...sigstore.keys, signer } });
    const { signers, ...policy } = policyFor('message of a key without log', other);
    const anyOf = signers.anyOf.map((rule) => ({ ...rule, details: 'PKIX_RSA_PSS_2048_SHA256' }));
    const bundle = await other.sign(goodBundles['message of a key without log']);
    expect(await judge(bundle, other.trustRoot, parsePolicy({ ...policy, signers: { anyOf } }))).toBe('passed');
  });

  it('of keys that were made elsewhere', async () => {
    const generate = { name: 'ECDSA', namedCurve: 'P-256' };
    const pair = await crypto.subtle.generateKey(generate, false, ['sign', 'verify']);
    const signer = await testKeyOf('PKIX_ECDSA_P256_SHA_256', pair);
    const other = await createTestSigstore({ keys: { ...sigstore.keys, signer } });
    expect(await judge(await other.sign(goodBundles.message), other.trustRoot, policyOf())).toBe('passed');
  });
});

describe('faults', () => {
  it('have names of their own, a sentence, and bundles that they are of', () => {
    const names = everyFault.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { says, on, edits } of everyFault) {
      expect(says).toMatch(/^[A-Z].*\.$/);
      expect(on.length).toBeGreaterThan(0);
      expect(Object.keys(edits).length).toBeGreaterThan(0);
    }
  });

  it('add up', async () => {
    const twice = await (
      await sigstore.withFaults('timestamp-not-bound')
    ).withFaults('timestamp-of-other-bytes', 'sct-missing');
    const bundle = await twice.sign(goodBundles['message of Rekor v2']);
    expect(await judge(bundle, twice.trustRoot, policyFor('message of Rekor v2', sigstore))).not.toBe('passed');
    expect(twice.keys).toEqual(sigstore.keys);
  });

  it('can be made up, and are waited for in order', async () => {
    const seen: string[] = [];
    const made = await createTestSigstore({
      keys: sigstore.keys,
      faults: ['artifact-other-under-this-digest'],
      edits: { bundle: (document) => (seen.push(...Object.keys(document)), document) },
    });
    await made.sign(goodBundles.message);
    expect(seen).toEqual(['mediaType', 'verificationMaterial', 'messageSignature']);
  });
});

describe('what is signed by default', () => {
  it('is an SLSA provenance of the artifact', () => {
    expect(testStatement()).toMatchObject({ predicateType: 'https://slsa.dev/provenance/v1' });
  });

  it('knows Fulcio by its object identifiers', () => {
    expect(fulcioOid('issuerV2')).toBe('1.3.6.1.4.1.57264.1.8');
    expect(() => fulcioOid('noSuch')).toThrow(RangeError);
  });
});
