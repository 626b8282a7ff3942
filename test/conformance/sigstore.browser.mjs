import { publicGoodTrustRoot } from '../../dist/trust/public-good.js';
import { parseBundle, parseTrustRoot, verify } from '../../dist/verify.js';

/**
 * Verifies a bundle as the Sigstore conformance suite asks for it, on any platform: by the signer alone, with one log
 * entry, one time and one certificate timestamp, over any statement. Throws to refuse.
 *
 * @param {object} request
 * @param {string} request.bundle JSON
 * @param {string} [request.trustedRoot] JSON; the root of the public-good instance by default
 * @param {string} [request.identity]
 * @param {string} [request.issuer]
 * @param {string} [request.keyPem] instead of identity and issuer
 * @param {Uint8Array} [request.artifact]
 * @param {string} [request.digestHex] SHA-256, instead of the artifact
 */
export default async function verifyBundle({ bundle, trustedRoot, identity, issuer, keyPem, artifact, digestHex }) {
  const signer = keyPem ? { key: keyPem } : { identity, issuer };
  return verify(artifact ?? `sha256:${digestHex}`, parseBundle(bundle), {
    trust: trustedRoot ? parseTrustRoot(trustedRoot) : publicGoodTrustRoot(),
    policy: { version: 1, signers: { anyOf: [signer] }, predicates: [{ unsafeAnyPredicate: true }] },
  });
}
