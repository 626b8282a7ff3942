import type { Bundle } from '../attest/bundle.ts';
import { encodePae } from '../attest/pae.ts';
import { toHex } from '../bytes/encoding.ts';
import { isPackError, type PackError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import type { Certificate } from './certificate/certificate.ts';
import { parsePublicKey, parsePublicKeyPem, unsupported, type PublicKey } from './crypto/public-key.ts';
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

/** The keys that a policy names, each once with every rule that names it in the same way. */
export function policyKeys({ signers }: Policy): readonly SigningKey[] {
  const keys = new Map<string, SigningKey>();
  for (const rule of signers.anyOf) {
    if (!('key' in rule)) continue;
    const key = parsePublicKeyPem(rule.key, rule.details);
    const exact = rule.details !== undefined;
    const name = [toHex(key.spki), key.scheme, key.hash, exact].join();
    const rules = [...(keys.get(name)?.rules ?? []), rule];
    keys.set(name, { key, rules, exact, material: { kind: 'key', spki: key.spki } });
  }
  return [...keys.values()];
}

/** The keys that a bundle without a certificate may be signed with: those whose rule has no hint, or the bundle's. */
export function keysForHint(keys: readonly SigningKey[], hint: string): readonly SigningKey[] {
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
 * The algorithms that a key may have signed some content with: the one that was said, else that of the key in the
 * Sigstore algorithm registry and what clients use beside it. None is taken from the bundle.
 *
 * An artifact is signed with Ed25519 by its bytes, or by its digest (Ed25519ph) where a log is to check it. Clients of
 * old, and many of today, hash with SHA-256 on every curve.
 */
export function formsOf({ key, exact }: SigningKey, { kind }: Bundle['content']): readonly PublicKey[] {
  if (!exact && key.scheme === 'Ed25519' && kind === 'message') return [key, { ...key, scheme: 'Ed25519ph' }];
  if (!exact && key.scheme === 'ECDSA' && key.hash !== 'sha256') return [key, { ...key, hash: 'sha256' }];
  return [key];
}

/** What came of trying keys: the key that signed and how, or a key that did not, and why that is not known for sure. */
export interface TriedKey {
  readonly signing: SigningKey;
  /** The key with the algorithm that the signature is by. */
  readonly form?: PublicKey;
  /** The signature could not be checked: the platform lacks the algorithm, or the artifact is not known as it was signed. */
  readonly problem?: PackError;
}

/** Tries the keys that a signature may be by, over the artifact, or over the envelope that the bundle holds. */
export async function tryKeys(
  keys: readonly SigningKey[],
  bundle: Bundle,
  artifact: Artifact,
): Promise<TriedKey | undefined> {
  const failures: TriedKey[] = [];
  for (const signing of keys) {
    for (const form of formsOf(signing, bundle.content)) {
      try {
        if (await verifySignature(form, signatureOf(bundle), signedMessage(form, bundle, artifact))) {
          return { signing, form };
        }
        failures.push({ signing });
      } catch (problem) {
        if (!isPackError(problem)) throw problem;
        failures.push({ signing, problem });
      }
    }
  }
  return failures.find(({ problem }) => problem !== undefined) ?? failures[0];
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
