import type { CertificateAuthority } from '../../attest/trust-root.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { isPackError } from '../../errors.ts';
import { parseCertificate, type Certificate } from '../certificate/certificate.ts';
import type { SignerIdentifier } from './signer-info.ts';
import { isSigningCertificate } from './signing-certificate.ts';
import { timestampError, unknownSigner } from './timestamp-error.ts';
import type { TimestampToken } from './timestamp-token.ts';

/**
 * The certificate that a token names as its signer's: from the token, or from an authority where the token holds none.
 * Where it comes from does not matter: what is believed of it is what its chain shows.
 */
export async function findSigner(
  { signer, certificates }: TimestampToken,
  authorities: readonly CertificateAuthority[],
): Promise<Certificate> {
  const all = [...certificates, ...authorities.flatMap((authority) => authority.certificates.slice(0, 1))];
  const read = all.map(readable).filter((found) => found !== undefined);
  const named = read.filter((found) => isNamed(found, signer.sid));
  if (named.length === 0) throw unknownSigner();
  for (const found of named) if (await isSigningCertificate(signer, found)) return found;
  throw timestampError('is bound to another certificate than the one that it names');
}

/** A certificate if it can be read: of those that come along, only the signer's must be good. */
export function readable(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (isPackError(error)) return undefined;
    throw error;
  }
}

function isNamed({ issuer, serial, subjectKeyId }: Certificate, sid: SignerIdentifier): boolean {
  if ('issuer' in sid) return equalBytes(sid.issuer, issuer) && equalBytes(sid.serial, serial);
  return subjectKeyId !== undefined && equalBytes(sid.subjectKeyIdentifier, subjectKeyId);
}
