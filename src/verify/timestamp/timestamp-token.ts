import { derCursor, derTags, readDer, type DerCursor, type DerNode } from '../../bytes/der-reader.ts';
import { integerOf, oidOf } from '../../bytes/der-values.ts';
import { parseSignerInfo, type SignerInfo } from './signer-info.ts';
import { timestampError } from './timestamp-error.ts';
import { parseTstInfo, type TstInfo } from './tst-info.ts';

/** A timestamp token, read: CMS SignedData (RFC 5652) over a TSTInfo. Nothing in it is believed yet. */
export interface TimestampToken {
  readonly info: TstInfo;
  /** The bytes that the signature is about. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** In DER, in any order; the token need not hold the signer's. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[];
  readonly signer: SignerInfo;
}

/** id-ct-TSTInfo. */
export const tstInfoType = '1.2.840.113549.1.9.16.1.4';
const signedDataType = '1.2.840.113549.1.7.2';
const maximumCertificates = 10;

/**
 * Reads a TimeStampResp that grants a token (RFC 3161 section 2.4.2), in DER.
 *
 * @throws FormatError `ERR_DER_INVALID`.
 * @throws VerificationError `ERR_TIMESTAMP_INVALID`.
 */
export function parseTimestampResponse(response: Uint8Array): TimestampToken {
  const cursor = derCursor(readDer(response, derTags.sequence));
  const status = integerOf(derCursor(cursor.expect(derTags.sequence)).expect(derTags.integer));
  if (status !== 0n && status !== 1n) throw timestampError(`was refused by its authority with status ${status}`);
  const contentInfo = derCursor(cursor.expect(derTags.sequence));
  cursor.end();
  expectType(contentInfo, signedDataType);
  const signedData = explicit(contentInfo.expect(0xa0), derTags.sequence);
  contentInfo.end();
  return parseSignedData(derCursor(signedData));
}

function parseSignedData(cursor: DerCursor): TimestampToken {
  cursor.expect(derTags.integer);
  cursor.expect(derTags.set);
  const encapsulated = derCursor(cursor.expect(derTags.sequence));
  expectType(encapsulated, tstInfoType);
  const content = explicit(encapsulated.expect(0xa0), derTags.octetString).value;
  encapsulated.end();
  // Attribute certificates and the like have other tags; nobody asked for them.
  const certificates = (cursor.optional(0xa0)?.children ?? []).filter(({ tag }) => tag === derTags.sequence);
  if (certificates.length > maximumCertificates)
    throw timestampError(`has more than ${maximumCertificates} certificates`);
  cursor.optional(0xa1);
  const signers = cursor.expect(derTags.set).children;
  cursor.end();
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) throw timestampError(`has ${signers.length} signers, expected 1`);
  return {
    info: parseTstInfo(content),
    content,
    certificates: certificates.map(({ bytes }) => bytes),
    signer: parseSignerInfo(signer),
  };
}

function expectType(cursor: DerCursor, expected: string): void {
  const found = oidOf(cursor.expect(derTags.oid));
  if (found !== expected) throw timestampError(`holds content of type ${found}, expected ${expected}`);
}

/** The one value in an explicit tag. */
function explicit(node: DerNode, tag: number): DerNode {
  const cursor = derCursor(node);
  const found = cursor.expect(tag);
  cursor.end();
  return found;
}
