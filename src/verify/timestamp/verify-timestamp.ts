import type { CertificateAuthority } from '../../attest/trust-root.ts';
import { oidOf } from '../../bytes/der-values.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { FormatError } from '../../errors.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { hashBytes } from '../crypto/hash-bytes.ts';
import { parsePublicKey } from '../crypto/public-key.ts';
import { keyForSignature } from '../crypto/signature-algorithm.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { trustedAuthority } from './trusted-authority.ts';
import { findSigner } from './find-signer.ts';
import { timestampError } from './timestamp-error.ts';
import { parseTimestampResponse, tstInfoType, type TimestampToken } from './timestamp-token.ts';

/** What a timestamp proved: that the signature was there at this time. */
export interface TimestampFact {
  /** In milliseconds since 1970; fractions are kept. */
  readonly time: number;
  readonly operator: string;
  readonly authority: CertificateAuthority;
}

/**
 * Checks an RFC 3161 response in DER over the bytes of a signature: by an authority of the trust root, whose certificate
 * was good at that time, may make timestamps, and is the one that the token is bound to (RFC 5816).
 *
 * @throws VerificationError `ERR_TIMESTAMP_UNTRUSTED` for an authority that the trust root does not know;
 * `ERR_TIMESTAMP_INVALID` for everything else; `ERR_ALGORITHM_UNSUPPORTED`.
 * @see https://www.rfc-editor.org/rfc/rfc3161
 */
export async function verifyTimestamp(
  response: Uint8Array,
  signature: Uint8Array,
  authorities: readonly CertificateAuthority[],
): Promise<TimestampFact> {
  try {
    const token = parseTimestampResponse(response);
    const signer = await findSigner(token, authorities);
    const authority = await trustedAuthority(token, signer, authorities);
    await checkToken(token, signer);
    await checkImprint(token, signature);
    return { time: token.info.time, operator: authority.operator, authority };
  } catch (cause) {
    if (cause instanceof FormatError) throw timestampError(`is malformed: ${cause.message}`, cause);
    throw cause;
  }
}

/** The signature is over the attributes, and those hold the digest of the content (RFC 5652 section 5.6). */
async function checkToken({ content, signer }: TimestampToken, certificate: Certificate): Promise<void> {
  const { attributes, hash, signature, signatureAlgorithm, signedBytes } = signer;
  const type = attributes.get('1.2.840.113549.1.9.3');
  if (type === undefined || oidOf(type) !== tstInfoType) throw timestampError('is not signed as a timestamp');
  const digest = attributes.get('1.2.840.113549.1.9.4');
  if (digest === undefined || !equalBytes(digest.value, await hashBytes(content, hash))) {
    throw timestampError('is not what its authority signed');
  }
  const key = keyForSignature(parsePublicKey(certificate.publicKey), signatureAlgorithm, hash);
  if (key === undefined) throw timestampError('is signed with another algorithm than its key is for');
  if (!(await verifySignature(key, signature, { bytes: signedBytes }))) {
    throw timestampError('has a signature that does not hold');
  }
}

async function checkImprint({ info }: TimestampToken, signature: Uint8Array): Promise<void> {
  if (!equalBytes(info.imprint, await hashBytes(signature, info.hash))) throw timestampError('is of another signature');
}
