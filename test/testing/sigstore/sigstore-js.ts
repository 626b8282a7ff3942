import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import {
  toSignedEntity,
  toTrustMaterial,
  Verifier,
  type Signer,
  type VerificationPolicy,
  type VerifierOptions,
} from '@sigstore/verify';
import { testArtifact } from '../../../src/testing/sigstore/good-bundles.ts';
import type { SignOptions } from '../../../src/testing/sigstore/sign-options.ts';
import type { TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';

// What @sigstore/verify says it needs; it is there to check the Sigstore in memory, not to be supported.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** False where @sigstore/verify cannot run. */
export const runs: boolean = major > 22 || (major === 22 && minor >= 22);
if (!runs) console.log('skipped: @sigstore/verify, which needs Node 22.22');

const keyValidity = { start: new Date('2024-12-01'), end: new Date('2025-02-01') };

/** As many of each as the bundle is to have: a log, a log's promise or a timestamp, a signed certificate timestamp. */
function thresholds(options: SignOptions): VerifierOptions {
  const tlogThreshold = options.logs?.length ?? 1;
  const promises = (options.logs ?? ['v1']).filter((version) => version === 'v1').length;
  const timestampThreshold = promises + (options.timestamps ?? (promises > 0 ? 0 : 1));
  return { tlogThreshold, timestampThreshold, ctlogThreshold: options.scts ?? 1 };
}

/** Verifies what a Sigstore signs with @sigstore/verify; throws what that throws. */
export async function accept(
  sigstore: TestSigstore,
  options: SignOptions,
  artifact: Uint8Array = testArtifact,
  policy?: VerificationPolicy,
): Promise<Signer> {
  const bundle = bundleFromJSON(JSON.parse(await sigstore.sign(options)));
  const publicKey = createPublicKey({ key: Buffer.from(sigstore.keys.signer.publicKey), format: 'der', type: 'spki' });
  const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(sigstore.trustRoot)), () => {
    return { publicKey, validFor: (time) => time >= keyValidity.start && time <= keyValidity.end };
  });
  return new Verifier(material, thresholds(options)).verify(toSignedEntity(bundle, Buffer.from(artifact)), policy);
}
