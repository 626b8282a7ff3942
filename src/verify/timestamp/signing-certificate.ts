import { derCursor, derTags, type DerCursor, type DerNode } from '../../bytes/der-reader.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import type { Certificate } from '../certificate/certificate.ts';
import type { SignerInfo } from './signer-info.ts';
import { hashAlgorithmOf } from '../crypto/signature-algorithm.ts';
import { timestampError } from './timestamp-error.ts';

/** The certificate that a signer says is its own, by hash: what stands between it and another with the same name. */
interface SigningCertificate {
  /** A name of WebCrypto. */
  readonly hash: string;
  readonly digest: Uint8Array;
  readonly issuerSerial: DerNode | undefined;
}

/**
 * Whether a token says that it was signed with this certificate: ESSCertID (RFC 2634, SHA-1) or ESSCertIDv2 (RFC 5816),
 * both where there are both. Without it another certificate of the same key could stand in (GHSA-xm5m-wgh2-rrg3).
 */
export async function isSigningCertificate({ attributes }: SignerInfo, certificate: Certificate): Promise<boolean> {
  const first = attributes.get('1.2.840.113549.1.9.16.2.12');
  const second = attributes.get('1.2.840.113549.1.9.16.2.47');
  if (first === undefined && second === undefined) throw timestampError('does not say which certificate signed it');
  const named = [first && readFirst(first, () => 'SHA-1'), second && readFirst(second, hashOfSecond)];
  for (const item of named) if (item !== undefined && !(await names(item, certificate))) return false;
  return true;
}

/** The first of a list is the signer's; the others are of its chain. */
function readFirst(attribute: DerNode, hashName: (cursor: DerCursor) => string): SigningCertificate {
  const list = derCursor(attribute).expect(derTags.sequence);
  const cursor = derCursor(derCursor(list).expect(derTags.sequence));
  const hash = hashName(cursor);
  const digest = cursor.expect(derTags.octetString).value;
  const issuerSerial = cursor.optional(derTags.sequence);
  cursor.end();
  return { hash, digest, issuerSerial };
}

function hashOfSecond(cursor: DerCursor): string {
  const algorithm = cursor.optional(derTags.sequence);
  return algorithm === undefined ? 'SHA-256' : `SHA-${hashAlgorithmOf(algorithm).slice(3)}`;
}

async function names({ hash, digest, issuerSerial }: SigningCertificate, certificate: Certificate): Promise<boolean> {
  const found = new Uint8Array(await crypto.subtle.digest(hash, certificate.bytes));
  return equalBytes(found, digest) && (issuerSerial === undefined || isIssuerSerial(issuerSerial, certificate));
}

/** IssuerSerial: GeneralNames, of which one is a directory name in an explicit tag, and the serial number. */
function isIssuerSerial(node: DerNode, { issuer, serial }: Certificate): boolean {
  const cursor = derCursor(node);
  const [name] = cursor.expect(derTags.sequence).children;
  const number = cursor.expect(derTags.integer).value;
  cursor.end();
  return name?.tag === 0xa4 && equalBytes(name.value, issuer) && equalBytes(number, serial);
}
