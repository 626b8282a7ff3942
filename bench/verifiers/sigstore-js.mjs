import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** Reads a trust root, and gives what verifies bundles with it. It does not look whether the artifact is a subject. */
export async function prepare(trustRoot) {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustRoot))));
  return async ({ bundle, artifact, identity, issuer }) => {
    const entity = toSignedEntity(bundleFromJSON(JSON.parse(bundle)), Buffer.from(artifact));
    verifier.verify(entity, { subjectAlternativeName: identity, extensions: { issuer } });
  };
}
