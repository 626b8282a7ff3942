import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { keylessSigner } from '../../../../src/adapters/signer/keyless.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import type { SignerContent } from '../../../../src/ports/signer.ts';
import { message, person, someSigstore, statement } from './some-sigstore.ts';

/** Accepts, or throws what it has against a bundle. */
type Accept = (identity?: string, artifact?: Uint8Array) => void;

async function peer(content: SignerContent, config: TestSigningConfigOptions): Promise<Accept> {
  const some = await someSigstore();
  const bundle = await keylessSigner(await some.options(config)).sign(content);
  const json: unknown = JSON.parse(fromUtf8(formatBundle(bundle)));
  const trust = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(some.sigstore.trustRoot)));
  const thresholds = { tlogThreshold: bundle.logEntries.length, timestampThreshold: 1, ctlogThreshold: 1 };
  return (identity = person.email, artifact = testArtifact) => {
    const given = content.kind === 'message' ? Buffer.from(artifact) : undefined;
    new Verifier(trust, thresholds).verify(toSignedEntity(bundleFromJSON(json), given), {
      subjectAlternativeName: identity,
      extensions: { issuer: some.issuer.url },
    });
  };
}

describe('@sigstore/verify', () => {
  it.each<[string, SignerContent, TestSigningConfigOptions]>([
    ['a message in Rekor v1', message, { logs: ['v1'] }],
    ['a message in Rekor v2', message, {}],
    ['a message in no log', message, { logs: [] }],
    ['a statement in Rekor v1', statement, { logs: ['v1'] }],
    ['a statement in Rekor v2', statement, {}],
    ['a statement in no log', statement, { logs: [] }],
  ])('accepts %s, of this identity alone', async (_, content, config) => {
    const accept = await peer(content, config);
    expect(() => accept()).not.toThrow();
    expect(() => accept('evil@example.com')).toThrow();
    if (content.kind === 'message') expect(() => accept(person.email, Uint8Array.of(1))).toThrow();
  });
});
