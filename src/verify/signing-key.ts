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
  /** Whether the algorithm was said, and not found out from the key. */
  readonly exact: boolean;
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
    const exact = rule.details !== undefined;
    const name = [keyId, key.scheme, key.hash, exact].join();
    const rules = [...(keys.get(name)?.rules ?? []), rule];
    keys.set(name, { key, keyId, rules, exact, material: { kind: 'key', spki: key.spki } });
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
  return { key, material: { kind: 'certificate', der: certificate.bytes }, rules: [], exact: false };
}

/** The signature of a bundle. */
export function signatureOf({ content }: Bundle): Uint8Array<ArrayBuffer> {
  if (content.kind === 'message') return content.signature;
  return content.envelope.signatures[0]?.signature ?? new Uint8Array();
}

/**
 * Whether a bundle's signature is by a key, and over the artifact, or over the envelope that the bundle holds.
 *
 * A key of Ed25519 signs envelopes as they are. Artifacts it signs by their digest where a log is to check it
 * (Ed25519ph), and by their bytes else; a signature of the one kind never is one of the other, so both are tried.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` where the artifact is not known in the form that was signed.
 */
export async function isSignedBy({ key, exact }: SigningKey, bundle: Bundle, artifact: Artifact): Promise<boolean> {
  const { content } = bundle;
  const signature = signatureOf(bundle);
  if (content.kind === 'dsse') {
    return verifySignature(key, signature, {
      bytes: encodePae(content.envelope.payloadType, content.envelope.payload),
    });
  }
  if (exact || key.scheme !== 'Ed25519') return verifySignature(key, signature, messageOf(key, artifact));
  const prehashed: PublicKey = { ...key, scheme: 'Ed25519ph' };
  const plain = artifact.bytes !== undefined && (await verifySignature(key, signature, { bytes: artifact.bytes }));
  if (plain || (await verifySignature(prehashed, signature, messageOf(prehashed, artifact)))) return true;
  // Without the bytes it is not known whether they are signed: that throws.
  messageOf(key, artifact);
  return false;
}

function messageOf(key: PublicKey, { bytes, digests }: Artifact): SignedMessage {
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
