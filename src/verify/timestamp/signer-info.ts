import { derCursor, derTags, type DerCursor, type DerNode } from '../../bytes/der-reader.ts';
import { integerOf, oidOf } from '../../bytes/der-values.ts';
import type { DigestAlgorithm } from '../../digest/digest-name.ts';
import { hashAlgorithmOf } from '../crypto/signature-algorithm.ts';
import { timestampError } from './timestamp-error.ts';

/** Who signed a token, how, and what else was signed with it (RFC 5652 section 5.3). */
export interface SignerInfo {
  readonly sid: SignerIdentifier;
  /** What the message digest among the attributes is made with. */
  readonly hash: DigestAlgorithm;
  /** The signed attributes that have one value, by object identifier. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  /** What the signature is over: the attributes as a SET. */
  readonly signedBytes: Uint8Array<ArrayBuffer>;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: DerNode;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The name of a certificate: issuer in DER and serial number, or the identifier of its key. */
export type SignerIdentifier =
  { readonly issuer: Uint8Array; readonly serial: Uint8Array } | { readonly subjectKeyIdentifier: Uint8Array };

export function parseSignerInfo(node: DerNode): SignerInfo {
  if (node.tag !== derTags.sequence) throw timestampError('has a malformed signer');
  const cursor = derCursor(node);
  const version = integerOf(cursor.expect(derTags.integer));
  const sid = parseSid(cursor);
  if (version !== ('issuer' in sid ? 1n : 3n)) throw timestampError(`has a signer of version ${version}`);
  const hash = hashAlgorithmOf(cursor.expect(derTags.sequence));
  const attributes = cursor.expect(0xa0);
  const signatureAlgorithm = cursor.expect(derTags.sequence);
  const signature = cursor.expect(derTags.octetString).value;
  // Attributes that are not signed: anybody could have put them there.
  cursor.optional(0xa1);
  cursor.end();
  const signedBytes = attributes.bytes.slice();
  signedBytes[0] = derTags.set;
  return { sid, hash, attributes: parseAttributes(attributes), signedBytes, signatureAlgorithm, signature };
}

function parseSid(cursor: DerCursor): SignerIdentifier {
  const key = cursor.optional(0x80);
  if (key !== undefined) return { subjectKeyIdentifier: key.value };
  const name = derCursor(cursor.expect(derTags.sequence));
  const issuer = name.expect(derTags.sequence).bytes;
  const serial = name.expect(derTags.integer).value;
  name.end();
  return { issuer, serial };
}

function parseAttributes({ children }: DerNode): ReadonlyMap<string, DerNode> {
  const attributes = new Map<string, DerNode>();
  for (const child of children) {
    const cursor = derCursor(child);
    const name = oidOf(cursor.expect(derTags.oid));
    const [value, second] = cursor.expect(derTags.set).children;
    cursor.end();
    if (attributes.has(name)) throw timestampError(`has the attribute ${name} twice`);
    if (value !== undefined && second === undefined) attributes.set(name, value);
  }
  return attributes;
}
