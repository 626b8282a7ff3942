import { describe, expect, it } from 'vitest';
import { sigstoreSigner } from '../../../../src/adapters/signer/sigstore.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { parseBundle } from '../../../../src/attest/parse-bundle.ts';
import type { SignerContent } from '../../../../src/ports/signer.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { verify, type Policy } from '../../../../src/verify/index.ts';
import { message, person, statement } from '../keyless/some-sigstore.ts';
import { startLoopbackSigstore } from './loopback-sigstore.ts';

function policyOf(identity: string, issuer: string, waived: object): Policy {
  return {
    version: 1,
    signers: { anyOf: [{ identity, issuer }] },
    predicates: [{ unsafeAnyPredicate: true }],
    demand: waived,
  };
}

describe('sigstoreSigner', () => {
  it.each<[string, SignerContent, TestSigningConfigOptions]>([
    ['a message in Rekor v1', message, { logs: ['v1'] }],
    ['a message in Rekor v1 with no timestamp', message, { logs: ['v1'], timestamps: 0 }],
    ['a message in Rekor v2', message, {}],
    ['a message in two logs, with two timestamps', message, { logs: ['v2', 'v2'], timestamps: 2 }],
    ['a message in no log', message, { logs: [] }],
    ['a statement in Rekor v1', statement, { logs: ['v1'] }],
    ['a statement in no log', statement, { logs: [] }],
  ])('signs %s, which verifies with this identity and these bytes alone', async (_, content, config) => {
    const some = await startLoopbackSigstore();
    const options = await some.options(config);
    const bundle = await sigstoreSigner(options).sign(content);
    expect(bundle).toMatchObject({ version: '0.3', material: { kind: 'certificate' } });
    expect(bundle.logEntries).toHaveLength(config.logs?.length ?? 1);
    expect(bundle.timestamps).toHaveLength(config.timestamps ?? 1);
    const read = parseBundle(formatBundle(bundle));
    const waived = bundle.logEntries.length === 0 ? { unsafeNoLog: true } : {};
    const by = (identity: string, artifact = testArtifact): Promise<unknown> =>
      verify(artifact, read, { policy: policyOf(identity, some.issuer.url, waived), trust: options.trust });
    await expect(by(person.email)).resolves.toMatchObject({ verdict: 'passed' });
    await expect(by('evil@example.com')).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' });
    await expect(by(person.email, Uint8Array.of(1))).rejects.toThrow();
  });
});
