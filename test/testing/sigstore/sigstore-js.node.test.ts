import { beforeAll, describe, expect, it } from 'vitest';
import { goodBundles, testStatement } from '../../../src/testing/sigstore/good-bundles.ts';
import type { TestKeyAlgorithm } from '../../../src/testing/sigstore/test-key.ts';
import { createTestSigstore, type TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { accept, runs } from './sigstore-js.ts';

describe.skipIf(!runs)('@sigstore/verify', { timeout: 60_000 }, () => {
  let sigstore: TestSigstore;
  beforeAll(async () => {
    sigstore = await createTestSigstore();
  });

  it.each(Object.entries(goodBundles))('accepts a good %s', async (_, options) => {
    const signer = await accept(sigstore, options);
    expect(signer.identity === undefined).toBe(options.signer === 'key');
  });

  it('reads identity and issuer out of the certificate', async () => {
    const { identity } = await accept(sigstore, goodBundles['message of an email address']);
    expect(identity?.subjectAlternativeName).toBe('dev@example.com');
    expect(identity?.extensions?.issuer).toBe('https://login.example');
  });

  it('refuses another artifact', async () => {
    await expect(accept(sigstore, goodBundles.message, Uint8Array.of(1))).rejects.toThrow('signature');
  });

  it('refuses a log that it does not know', async () => {
    const other = await createTestSigstore();
    const mixed = { ...other, trustRoot: sigstore.trustRoot };
    await expect(accept(mixed, goodBundles['message of a key'])).rejects.toThrow('inclusion');
  });

  it('refuses a fraction of a second of one digit, though that is how DER has it', async () => {
    const stamped = { ...goodBundles['message stamped'], timestampDelay: 2500 };
    await expect(accept(sigstore, stamped)).rejects.toThrow('invalid time');
  });

  // It hashes with SHA-256 for every curve.
  it.each<TestKeyAlgorithm>(['PKIX_ECDSA_P384_SHA_384', 'PKIX_ECDSA_P521_SHA_512'])(
    'refuses a signature by %s, whose hash is another than it takes',
    async (algorithm) => {
      const other = await createTestSigstore({ algorithms: { signer: algorithm } });
      await expect(accept(other, { statement: testStatement() })).rejects.toThrow('signature verification failed');
    },
  );

  it.each<TestKeyAlgorithm>(['PKIX_RSA_PKCS1V15_2048_SHA256', 'PKIX_ED25519'])(
    'accepts a statement that is signed with %s',
    async (algorithm) => {
      const other = await createTestSigstore({ algorithms: { signer: algorithm } });
      await accept(other, { statement: testStatement() });
    },
  );

  it.each<TestKeyAlgorithm>(['PKIX_ECDSA_P384_SHA_384', 'PKIX_RSA_PKCS1V15_2048_SHA256'])(
    'accepts authorities and logs that sign with %s',
    async (algorithm) => {
      const names = ['root', 'issuer', 'timestampRoot', 'timestampIssuer', 'timestamp'] as const;
      const algorithms = Object.fromEntries(names.map((name) => [name, algorithm]));
      const other = await createTestSigstore({ algorithms });
      await accept(other, goodBundles['message stamped']);
    },
  );

  it('accepts a log of Rekor v2 that signs with ECDSA', async () => {
    const other = await createTestSigstore({ algorithms: { logV2: 'PKIX_ECDSA_P256_SHA_256' } });
    await accept(other, goodBundles['message of Rekor v2']);
  });
});
