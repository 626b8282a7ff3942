import { parsePublicKey } from '../crypto/public-key.ts';
import { keyForSignature } from '../crypto/signature-algorithm.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import type { Certificate } from './certificate.ts';

/**
 * True where the key of `issuer` made the signature of a certificate, by the algorithm that the certificate names.
 *
 * @throws VerificationError `ERR_ALGORITHM_UNSUPPORTED` where it cannot be checked.
 */
export async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const key = keyForSignature(parsePublicKey(issuer.publicKey), certificate.signatureAlgorithm);
  return key !== undefined && verifySignature(key, certificate.signature, { bytes: certificate.tbs.bytes });
}
