import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { exportPublicKeyPem, generateSigningKey, keySigner } from '../../../../src/adapters/signer/key.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { artifact, envelope, message, quickAlgorithms } from './some-keys.ts';

/** It knows no Ed25519 and no RSA-PSS, and checks envelopes with SHA-256 alone. */
const known = quickAlgorithms.filter((name) => !/P384|P521|ED25519|PSS/.test(name));
const nobody = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' };

describe('@sigstore/verify', () => {
  it.each([...known, 'PKIX_ECDSA_P384_SHA_256', 'PKIX_ECDSA_P521_SHA_256'] as const)(
    'accepts bundles by %s, and not of another artifact',
    async (algorithm) => {
      const key = await generateSigningKey({ algorithm });
      const publicKey = createPublicKey(await exportPublicKeyPem(key));
      const trust = toTrustMaterial(TrustedRoot.fromJSON(nobody), () => ({ publicKey, validFor: () => true }));
      const verifier = new Verifier(trust, { tlogThreshold: 0, timestampThreshold: 0 });
      for (const content of [message, envelope()]) {
        const json: unknown = JSON.parse(
          new TextDecoder().decode(formatBundle(await keySigner({ key }).sign(content))),
        );
        const entity = (bytes: Uint8Array): ReturnType<typeof toSignedEntity> =>
          toSignedEntity(bundleFromJSON(json), content.kind === 'message' ? Buffer.from(bytes) : undefined);
        expect(() => verifier.verify(entity(artifact))).not.toThrow();
        if (content.kind === 'message') expect(() => verifier.verify(entity(Uint8Array.of(1)))).toThrow();
      }
    },
  );
});
