import { bundleToJSON } from '@sigstore/bundle';
import { SigningConfig } from '@sigstore/protobuf-specs';
import { bundleBuilderFromSigningConfig } from '@sigstore/sign';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../../../../src/attest/parse-bundle.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import { verify } from '../../../../src/verify/index.ts';
import { changedPayload } from '../changed-payload.ts';
import { message, person, statement } from '../keyless/some-sigstore.ts';
import { startLoopbackSigstore } from './loopback-sigstore.ts';

/** What `sign` and `attest` of the package `sigstore` build bundles with. */
describe('a bundle that sigstore-js builds', () => {
  it.each([
    ['a message in Rekor v1', message, { logs: ['v1'] }],
    ['a message in Rekor v1 with no timestamp', message, { logs: ['v1'], timestamps: 0 }],
    ['a message in Rekor v2', message, {}],
    ['a message in no log', message, { logs: [] }],
    ['a statement in Rekor v1', statement, { logs: ['v1'] }],
    ['a statement in Rekor v1 with no timestamp', statement, { logs: ['v1'], timestamps: 0 }],
    ['a statement in no log', statement, { logs: [] }],
  ] as const)('verifies, of this identity and these bytes alone: %s', async (_, content, config) => {
    const some = await startLoopbackSigstore();
    const identityToken = await some.issuer.token(person);
    const builder = bundleBuilderFromSigningConfig({
      signingConfig: configOf(some.signingConfig(config)),
      identityProvider: { getToken: () => Promise.resolve(identityToken) },
      bundleType: content.kind === 'dsse' ? 'dsseEnvelope' : 'messageSignature',
    });
    const made = await builder.create(
      content.kind === 'dsse'
        ? { data: Buffer.from(content.payload), type: content.payloadType }
        : { data: Buffer.from(testArtifact) },
    );
    const bundle = parseBundle(JSON.stringify(bundleToJSON(made)));
    // Messages come in the older form, with a chain of one certificate.
    expect(bundle.version).toBe(content.kind === 'dsse' ? '0.3' : '0.2');
    const { trust } = await some.options();
    const by = (identity: string, artifact = testArtifact, one = bundle): Promise<unknown> =>
      verify(artifact, one, {
        policy: {
          version: 1,
          signers: { anyOf: [{ identity, issuer: some.issuer.url }] },
          predicates: [{ unsafeAnyPredicate: true }],
          demand: bundle.logEntries.length === 0 ? { unsafeNoLog: true } : {},
        },
        trust,
      });
    await expect(by(person.email)).resolves.toMatchObject({ verdict: 'passed' });
    await expect(by('evil@example.com')).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' });
    await expect(by(person.email, Uint8Array.of(1))).rejects.toThrow();
    if (content.kind === 'dsse') {
      await expect(by(person.email, testArtifact, changedPayload(bundle))).rejects.toThrow();
    }
  });
});

/** It takes ANY alone, and none where nothing is listed. */
function configOf(text: string): SigningConfig {
  const document = JSON.parse(text.replaceAll('"ALL"', '"ANY"')) as Record<string, unknown>;
  if ((document.rekorTlogUrls as readonly unknown[]).length === 0) delete document.rekorTlogConfig;
  if ((document.tsaUrls as readonly unknown[]).length === 0) delete document.tsaConfig;
  return SigningConfig.fromJSON(document);
}
