import { describe, expect, it } from 'vitest';
import { sigstoreWitness, type Witness } from '../../../../src/adapters/signer/keyless.ts';
import { generateSigningKey, keySigner, type SigningKeyAlgorithm } from '../../../../src/adapters/signer/key.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { message, someSigstore, statement, type SomeSigstore } from './some-sigstore.ts';

async function witnessOf(some: SomeSigstore, config: TestSigningConfigOptions): Promise<Witness> {
  const { signingConfig, trust, fetch, clock } = await some.options(config);
  return sigstoreWitness({ signingConfig, trust, fetch, clock });
}

describe('a witness of a key', () => {
  it.each<[SigningKeyAlgorithm, TestSigningConfigOptions]>([
    ['PKIX_ECDSA_P256_SHA_256', {}],
    ['PKIX_ECDSA_P256_SHA_256', { logs: ['v1'], timestamps: 0 }],
    ['PKIX_ECDSA_P256_SHA_256', { logs: [], timestamps: 2 }],
    ['PKIX_ECDSA_P384_SHA_384', { logs: ['v2', 'v2'] }],
    ['PKIX_ECDSA_P521_SHA_512', {}],
  ])('of %s enters its signatures and has them stamped as %o says', async (algorithm, config) => {
    const some = await someSigstore();
    const { trust } = await some.options();
    const key = await generateSigningKey({ algorithm });
    const signer = keySigner({ key, trust, witness: await witnessOf(some, config) });
    for (const content of [message, statement]) {
      const bundle = await signer.sign(content);
      expect(bundle.logEntries).toHaveLength(config.logs?.length ?? 1);
      expect(bundle.timestamps).toHaveLength(config.timestamps ?? 1);
    }
    expect(some.hosts()).not.toContain('fulcio.one.example');
  });

  it.each([
    ['Rekor v2', { logs: ['v2'] }, statement],
    ['Rekor v1, of a message', { logs: ['v1'] }, message],
  ] as const)(
    'asks nobody to enter a signature of Ed25519 that the log cannot check: %s',
    async (_, config, content) => {
      const some = await someSigstore();
      const { trust } = await some.options();
      const key = await generateSigningKey({ algorithm: 'PKIX_ED25519' });
      const signer = keySigner({ key, trust, witness: await witnessOf(some, config) });
      await expect(signer.sign(content)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', argument: 'key' });
      expect(some.seen).toEqual([]);
    },
  );

  it('enters an envelope that Ed25519 signed into a log of Rekor v1, which is shown all of it', async () => {
    const some = await someSigstore();
    const { trust } = await some.options();
    const key = await generateSigningKey({ algorithm: 'PKIX_ED25519' });
    const witness = await witnessOf(some, { logs: ['v1'], timestamps: 0 });
    const bundle = await keySigner({ key, trust, witness }).sign(statement);
    expect(bundle.logEntries).toMatchObject([{ kind: 'dsse' }]);
  });

  it('publishes nothing that could not be stamped', async () => {
    const some = await someSigstore({ faults: ['timestamp-refused'] });
    const { trust } = await some.options();
    const signer = keySigner({ key: await generateSigningKey(), trust, witness: await witnessOf(some, {}) });
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'ERR_TIMESTAMP_REQUEST' });
    expect(some.hosts()).toEqual(['timestamp.one.example']);
  });

  it('refuses an entry about something else', async () => {
    const some = await someSigstore({ faults: ['entry-of-another-artifact'] });
    const { trust } = await some.options();
    const signer = keySigner({ key: await generateSigningKey(), trust, witness: await witnessOf(some, {}) });
    await expect(signer.sign(message)).rejects.toMatchObject({
      code: 'ERR_LOG_ENTRY',
      service: expect.anything() as string,
    });
  });

  it('refuses what it would publish where nobody believes the log', async () => {
    const some = await someSigstore();
    const { signingConfig, trust, fetch, clock } = await some.options();
    const witness = sigstoreWitness({ signingConfig, trust: { ...trust, logs: [] }, fetch, clock });
    const signer = keySigner({ key: await generateSigningKey(), trust, witness });
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(some.seen).toEqual([]);
  });
});
