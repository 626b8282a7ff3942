import { equalBytes } from '../../../bytes/equal-bytes.ts';
import { VerificationError } from '../../../errors.ts';
import { parseCertificate, type Certificate } from '../../../verify/certificate/certificate.ts';
import { verifyCertificateChain } from '../../../verify/certificate/verify-chain.ts';
import { verifyScts } from '../../../verify/certificate/verify-scts.ts';
import { signerOf } from '../../../verify/proven-signer.ts';
import type { CertificateRequest, IssuedCertificate } from './certificate-request.ts';
import { checkIdentity } from './expected-identity.ts';
import { clockSkewMs } from './identity-token.ts';

/**
 * Checks that a certificate is what was asked for, as far as it can be known before anything is signed with it.
 *
 * @throws VerificationError, with the code of what is wrong.
 */
export async function checkIssued(
  der: Uint8Array<ArrayBuffer>,
  asked: Pick<CertificateRequest, 'publicKey' | 'token' | 'expected' | 'trust' | 'sct'>,
  now: number,
): Promise<IssuedCertificate> {
  const { publicKey, token, expected, trust } = asked;
  const leaf = parseCertificate(der);
  if (!equalBytes(leaf.publicKey, publicKey)) {
    throw new VerificationError('ERR_KEY_MISMATCH', 'certificate is for another key than it was asked for');
  }
  const signer = signerOf(leaf);
  checkIdentity(signer, token, expected);
  const at = validAt(leaf, now);
  const authorities = trust.certificateAuthorities;
  const { chain } = await verifyCertificateChain([leaf], { authorities, at, purpose: 'code-signing' });
  const [, issuer = leaf] = chain;
  const { found } = await verifyScts(leaf, issuer, trust.ctLogs);
  if (asked.sct && found.length === 0) {
    throw new VerificationError('ERR_SCT_MISSING', 'certificate has no timestamp of a trusted log of certificates', {
      hint: 'where the authority publishes nothing, unsafeNoSct waives it',
    });
  }
  return { certificate: leaf.bytes, signer, at };
}

/** Now, or the moment at which it begins where the clock of the authority is a little ahead. */
function validAt({ notBefore, notAfter }: Certificate, now: number): number {
  const at = Math.max(now, notBefore);
  if (at - now <= clockSkewMs && at <= notAfter) return at;
  const [from, to, here] = [notBefore, notAfter, now].map((time) => new Date(time).toISOString());
  throw new VerificationError(
    'ERR_CERTIFICATE_EXPIRED',
    `certificate is valid from ${from} to ${to}, and it is ${here}`,
    {
      hint: 'check the clock',
    },
  );
}
