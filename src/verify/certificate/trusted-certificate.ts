import { equalBytes } from '../../bytes/equal-bytes.ts';
import { isSignedBy } from './certificate-signature.ts';
import { parseCertificate, type Certificate } from './certificate.ts';

/** The certificates of authorities are the same for bundle after bundle: they are read, and what they signed checked, once. */
const parsed = new WeakMap<Uint8Array, Certificate>();
const issuers = new WeakMap<Certificate, WeakSet<Certificate>>();

/**
 * Reads a certificate of a trust root, or gives what was read of these bytes before. What is kept is a copy, so that a
 * caller who changes the bytes gets what they say now.
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` as {@link parseCertificate}.
 */
export function parseTrustedCertificate(der: Uint8Array): Certificate {
  const known = parsed.get(der);
  if (known !== undefined && equalBytes(known.bytes, der)) return known;
  const certificate = parseCertificate(Uint8Array.from(der));
  parsed.set(der, certificate);
  issuers.set(certificate, new WeakSet());
  return certificate;
}

/** As {@link isSignedBy}; that one certificate of a trust root signed another is found out once. */
export async function isIssued(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const known = issuers.has(issuer) ? issuers.get(certificate) : undefined;
  if (known?.has(issuer) === true) return true;
  const holds = await isSignedBy(certificate, issuer);
  if (holds) known?.add(issuer);
  return holds;
}
