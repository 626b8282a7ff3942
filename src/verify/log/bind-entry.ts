import type { Envelope } from '../../attest/envelope.ts';
import { encodePae } from '../../attest/pae.ts';
import { toBase64, toHex, utf8 } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { algorithmOf, type Digest, type DigestAlgorithm } from '../../digest/digest-name.ts';
import { hashBytes } from '../crypto/hash-bytes.ts';
import type { SignedContent, SigningMaterial } from '../signed-content.ts';
import type { EntryBody } from './entry-body.ts';
import { entryError } from './log-error.ts';

/**
 * Checks that an entry is about this signature, by this key, over this content, and about nothing more. Each of the
 * three is compared: a log holds millions of good entries about something else (GHSA-whqx-f9j3-ch6m).
 *
 * @throws VerificationError `ERR_LOG_ENTRY_INVALID`.
 */
export async function bindEntry(body: EntryBody, signed: SignedContent): Promise<void> {
  const { content, key, signature, hash } = signed;
  const signatures = content.kind === 'dsse' && body.over === 'payload' ? signaturesOf(content.envelope) : [signature];
  if (body.signatures.length !== signatures.length) {
    throw entryError(`has ${body.signatures.length} signatures, expected ${signatures.length}`);
  }
  const own = body.signatures.find((item) => item.signature === undefined || equalBytes(item.signature, signature));
  if (own === undefined || !signatures.every((one) => holds(body, one))) throw entryError('is for another signature');
  if (!isSameKey(own.verifier, key)) throw entryError(`is for another ${key.kind}`);
  if ((own.hash ?? hash) !== hash) throw entryError(`is for a signature over ${own.hash ?? ''}, expected ${hash}`);
  if (!(await isOver(body, signed))) throw entryError('is for other content');
}

function signaturesOf(envelope: Envelope): readonly Uint8Array[] {
  return envelope.signatures.map(({ signature }) => signature);
}

function holds(body: EntryBody, signature: Uint8Array): boolean {
  return body.signatures.some((item) => item.signature === undefined || equalBytes(item.signature, signature));
}

function isSameKey(a: SigningMaterial, b: SigningMaterial): boolean {
  if (a.kind === 'certificate') return b.kind === 'certificate' && equalBytes(a.der, b.der);
  return b.kind === 'key' && equalBytes(a.spki, b.spki);
}

/** The hash of a message is the key's, whatever an entry says; Rekor hashes payloads and envelopes with SHA-256 alone. */
async function isOver({ over, digest }: EntryBody, { content, hash }: SignedContent): Promise<boolean> {
  if (algorithmOf(digest) !== (over === 'message' ? hash : 'sha256')) return false;
  if (content.kind === 'message') {
    return over === 'message' && digest === `${hash}:${toHex(await content.digest(hash))}`;
  }
  const { envelope } = content;
  switch (over) {
    case 'message':
      return isHashOf(digest, encodePae(envelope.payloadType, envelope.payload), hash);
    case 'payload':
      return isHashOf(digest, envelope.payload);
    case 'envelope':
      return isHashOf(digest, asSent(envelope));
  }
}

async function isHashOf(digest: Digest, bytes: Uint8Array, hash: DigestAlgorithm = 'sha256'): Promise<boolean> {
  return digest === `${hash}:${toHex(await hashBytes(bytes, hash))}`;
}

/**
 * The envelope as cosign and the other Go clients sent it: the hash in intoto 0.0.1 is over those bytes, which the
 * bundle does not hold, and it alone binds the signature. (The `envelopeHash` of dsse 0.0.1 is over such bytes too;
 * nobody can compare it, and it need not be: payload and signatures are in that body.)
 */
function asSent({ payloadType, payload, signatures }: Envelope): Uint8Array {
  const items = signatures.map(({ keyId, signature }) => ({ keyid: keyId, sig: toBase64(signature) }));
  return utf8(JSON.stringify({ payloadType, payload: toBase64(payload), signatures: items }));
}
