import type { CertificateAuthority } from '../../attest/trust-root.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { isPackError, type PackError } from '../../errors.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { verifyCertificateChain } from '../certificate/verify-chain.ts';
import { readable } from './find-signer.ts';
import { timestampError, unknownSigner } from './timestamp-error.ts';
import type { TimestampToken } from './timestamp-token.ts';

/** The authority that the signer of a token is of, at the time that the token says. */
export async function trustedAuthority(
  { certificates, info }: TimestampToken,
  signer: Certificate,
  authorities: readonly CertificateAuthority[],
): Promise<CertificateAuthority> {
  const chain = [signer.bytes, ...certificates.filter((der) => readable(der) !== undefined)];
  const options = { at: info.time, purpose: 'time-stamping' } as const;
  let failure: PackError | undefined;
  for (const authority of authorities) {
    if (!maySign(signer, authority)) continue;
    try {
      await verifyCertificateChain(chain, { ...options, authorities: [authority] });
      return authority;
    } catch (error) {
      if (!isPackError(error)) throw error;
      if (error.code !== 'ERR_CERTIFICATE_UNTRUSTED') failure = error;
    }
  }
  if (failure === undefined) throw unknownSigner();
  if (failure.code === 'ERR_ALGORITHM_UNSUPPORTED') throw failure;
  throw timestampError(`is by an authority that was not good then: ${failure.message}`, failure);
}

/** An authority that lists the certificate it signs with signs with no other. */
function maySign(signer: Certificate, { certificates: [first] }: CertificateAuthority): boolean {
  const listed = first && readable(first);
  return listed !== undefined && (listed.basicConstraints?.ca === true || equalBytes(listed.bytes, signer.bytes));
}
