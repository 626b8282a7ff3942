import { derCursor, derError, derTags, readDer, type DerCursor, type DerNode } from '../../bytes/der-reader.ts';
import { bitStringOf, booleanOf, integerOf, oidOf, timeOf } from '../../bytes/der-values.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { isPackError, VerificationError } from '../../errors.ts';
import { certificateError } from './certificate-error.ts';
import { readExtensions, type KnownExtensions } from './known-extensions.ts';

/** An X.509 certificate, read: nothing in it is believed yet. */
export interface Certificate extends KnownExtensions {
  /** All of it, in DER. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The part that is signed. */
  readonly tbs: DerNode;
  /** The octets of a positive INTEGER. */
  readonly serial: Uint8Array<ArrayBuffer>;
  /** Names in DER: they are compared byte by byte. */
  readonly issuer: Uint8Array<ArrayBuffer>;
  readonly subject: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970; both are part of the time. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo in DER; parsed when it is used. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly signatureAlgorithm: DerNode;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly extensions: readonly CertificateExtension[];
}

/** An extension as it stands in a certificate. */
export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array<ArrayBuffer>;
  /** Its whole DER. */
  readonly node: DerNode;
}

/**
 * Reads a certificate of version 3 (RFC 5280 section 4.1) in strict DER: a positive serial of at most 20 octets, the same
 * algorithm inside and outside, no extension twice, none that is critical and unknown, no name constraints, and no
 * precertificate.
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` for anything else, with the cause.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(readDer(der, derTags.sequence));
  } catch (cause) {
    if (!isPackError(cause) || cause instanceof VerificationError) throw cause;
    throw certificateError(`is malformed: ${cause.message}`, cause);
  }
}

function readCertificate(node: DerNode): Certificate {
  const outer = derCursor(node);
  const tbs = outer.expect(derTags.sequence);
  const signatureAlgorithm = outer.expect(derTags.sequence);
  const signature = bitStringOf(outer.expect(derTags.bitString));
  outer.end();
  const fields = derCursor(tbs);
  expectVersion3(fields.expect(0xa0));
  const serial = serialOf(fields.expect(derTags.integer));
  if (!equalBytes(fields.expect(derTags.sequence).bytes, signatureAlgorithm.bytes)) {
    throw certificateError('names one signature algorithm inside and another outside');
  }
  const issuer = nameOf(fields);
  if (issuer.children.length === 0) throw certificateError('has an issuer without a name');
  const validity = derCursor(fields.expect(derTags.sequence));
  const [notBefore, notAfter] = [timeIn(validity), timeIn(validity)];
  validity.end();
  const subject = nameOf(fields).bytes;
  const publicKey = fields.expect(derTags.sequence).bytes;
  const extensions = extensionsOf(fields.expect(0xa3));
  fields.end();
  const { bytes } = node;
  const parts = { bytes, tbs, serial, issuer: issuer.bytes, subject, notBefore, notAfter, publicKey };
  return { ...parts, signatureAlgorithm, signature, extensions, ...readExtensions(extensions) };
}

function expectVersion3(node: DerNode): void {
  const cursor = derCursor(node);
  const version = integerOf(cursor.expect(derTags.integer));
  cursor.end();
  if (version !== 2n) throw certificateError(`has version ${version + 1n}, expected 3`);
}

function serialOf(node: DerNode): Uint8Array<ArrayBuffer> {
  if (integerOf(node) <= 0n) throw certificateError('has a serial number that is not positive');
  if (node.value.length > 20) throw certificateError(`has a serial number of ${node.value.length} octets, at most 20`);
  return node.value;
}

/** A Name (RFC 5280 section 4.1.2.4): sets of a type and a value. */
function nameOf(fields: DerCursor): DerNode {
  const name = fields.expect(derTags.sequence);
  for (const set of name.children) {
    if (set.tag !== derTags.set || set.children.length === 0) throw derError('has a malformed name');
    for (const attribute of set.children) {
      const cursor = derCursor(attribute);
      cursor.expect(derTags.oid);
      if (attribute.tag !== derTags.sequence || cursor.next() === undefined) throw derError('has a malformed name');
      cursor.end();
    }
  }
  return name;
}

function timeIn(validity: DerCursor): number {
  const time = validity.next();
  if (time === undefined) throw derError('has a malformed validity');
  return timeOf(time);
}

function extensionsOf(node: DerNode): CertificateExtension[] {
  const wrapper = derCursor(node);
  const list = wrapper.expect(derTags.sequence);
  wrapper.end();
  if (list.children.length === 0) throw derError('has a malformed extension');
  return list.children.map(extensionOf);
}

function extensionOf(node: DerNode): CertificateExtension {
  const cursor = derCursor(node);
  const oid = oidOf(cursor.expect(derTags.oid));
  const flag = cursor.optional(derTags.boolean);
  const { value } = cursor.expect(derTags.octetString);
  cursor.end();
  const critical = flag !== undefined && booleanOf(flag);
  // X.690 section 11.5: what is the default is left out.
  if (node.tag !== derTags.sequence || (flag !== undefined && !critical)) throw derError('has a malformed extension');
  return { oid, critical, value, node };
}
