import type { Bundle } from '../attest/bundle.ts';
import { encodePae } from '../attest/pae.ts';
import type { Digest } from '../digest/digest.ts';
import type { Artifact } from './artifact.ts';
import type { Certificate } from './certificate/certificate.ts';
import { keyIdOf, parsePublicKey, parsePublicKeyPem, unsupported, type PublicKey } from './crypto/public-key.ts';
import { verifySignature, type SignedMessage } from './crypto/verify-signature.ts';
import type { KeyRule, Policy } from './policy.ts';
import type { SigningMaterial } from './signed-content.ts';

/** What a bundle's signature may be checked with, and where it comes from. */
export interface SigningKey {
  readonly key: PublicKey;
  readonly material: SigningMaterial;
  /** The rules of the policy that name this key. None for the key of a certificate. */
  readonly rules: readonly KeyRule[];
}

/** A key of the policy, with every rule that names it in the same way. */
export interface PolicyKey extends SigningKey {
  readonly keyId: Digest;
}

/** The keys that a policy names, each once. */
export function policyKeys({ signers }: Policy): readonly PolicyKey[] {
  const keys = new Map<string, PolicyKey>();
  for (const rule of signers.anyOf) {
    if (!('key' in rule)) continue;
    const key = parsePublicKeyPem(rule.key, rule.details);
    const keyId = keyIdOf(key.spki);
    const name = [keyId, key.scheme, key.hash].join();
    const rules = [...(keys.get(name)?.rules ?? []), rule];
    keys.set(name, { key, keyId, rules, material: { kind: 'key', spki: key.spki } });
  }
  return [...keys.values()];
}

/** The keys that a bundle without a certificate may be signed with: those whose rule has no hint, or the bundle's. */
export function keysForHint(keys: readonly PolicyKey[], hint: string): readonly PolicyKey[] {
  return keys
    .map((key) => ({ ...key, rules: key.rules.filter((rule) => rule.hint === undefined || rule.hint === hint) }))
    .filter(({ rules }) => rules.length > 0);
}

/** The key that a certificate is about. */
export function certifiedKey(certificate: Certificate): SigningKey {
  const key = parsePublicKey(certificate.publicKey);
  return { key, material: { kind: 'certificate', der: certificate.bytes }, rules: [] };
}

/** The signature of a bundle. */
export function signatureOf({ content }: Bundle): Uint8Array<ArrayBuffer> {
  if (content.kind === 'message') return content.signature;
  return content.envelope.signatures[0]?.signature ?? new Uint8Array();
}

/**
 * Whether a bundle's signature is by a key, and over the artifact, or over the envelope that the bundle holds.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` where the artifact is not known in the form that was signed.
 */
export function isSignedBy({ key }: SigningKey, bundle: Bundle, artifact: Artifact): Promise<boolean> {
  return verifySignature(key, signatureOf(bundle), signedMessage(key, bundle, artifact));
}

function signedMessage(key: PublicKey, { content }: Bundle, { bytes, digests }: Artifact): SignedMessage {
  if (content.kind === 'dsse') return { bytes: encodePae(content.envelope.payloadType, content.envelope.payload) };
  if (bytes !== undefined) return { bytes };
  if (key.scheme === 'Ed25519') {
    throw unsupported('signature of Ed25519 is over the artifact itself, and its bytes are not at hand', {
      hint: 'pass the artifact as bytes; of a stream at most 16 MiB are kept',
    });
  }
  const digest = digests.get(key.hash);
  if (digest !== undefined) return { digest };
  throw unsupported(`signature is over the ${key.hash} digest of the artifact, which is not known`);
}
