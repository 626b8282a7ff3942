import { parseBundle, parseTrustRoot, verify } from 'packwright/verify';

/** Reads a trust root, and gives what verifies bundles with it. */
export async function prepare(trustRoot) {
  const trust = parseTrustRoot(trustRoot);
  return async ({ bundle, artifact, identity, issuer, predicateType }) => {
    const predicates = predicateType === undefined ? {} : { predicates: [{ type: predicateType }] };
    const policy = { version: 1, signers: { anyOf: [{ identity, issuer }] }, ...predicates };
    await verify(artifact, parseBundle(bundle), { trust, policy });
  };
}

/** The same for many bundles of one artifact, under one policy. */
export async function prepareMany(trustRoot) {
  const trust = parseTrustRoot(trustRoot);
  return async ({ bundle, artifact, identity, issuer }, count) => {
    const bundles = Array.from({ length: count }, () => parseBundle(bundle));
    const policy = { version: 1, signers: { anyOf: [{ identity, issuer }] } };
    await verify(artifact, bundles, { trust, policy, limits: { maxBundles: count } });
  };
}
