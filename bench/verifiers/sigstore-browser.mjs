import { SigstoreVerifier } from '@freedomofpress/sigstore-browser';

/** Reads a trust root, and gives what verifies bundles with it. */
export async function prepare(trustRoot) {
  const verifier = new SigstoreVerifier();
  await verifier.loadSigstoreRoot(JSON.parse(trustRoot));
  return async ({ bundle, artifact, identity, issuer }) => {
    const verified = await verifier.verifyArtifact(identity, issuer, JSON.parse(bundle), artifact);
    if (!verified) throw new Error('bundle is refused');
  };
}
