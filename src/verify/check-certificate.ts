import type { CertificateAuthority, TransparencyLog } from '../attest/trust-root.ts';
import { toHex } from '../bytes/encoding.ts';
import { isPackError, VerificationError } from '../errors.ts';
import type { Certificate } from './certificate/certificate.ts';
import { checkPath } from './certificate/check-path.ts';
import { verifyCertificateChain, type VerifiedChain } from './certificate/verify-chain.ts';
import { verifyScts } from './certificate/verify-scts.ts';
import type { CheckList } from './check-list.ts';
import { requireOperators } from './demand.ts';
import { isoTime } from './establish-time.ts';
import type { PreparedBundle } from './prepare-bundle.ts';

/** A certificate that an authority issued, with the one above it. */
export interface CertificateFact {
  readonly leaf: Certificate;
  readonly issuer: Certificate;
}

/**
 * Builds the chain from the certificate to an authority of the trust root once for each moment: the chain has to hold
 * at every proven time, not at one of them.
 *
 * Sigstore client specification 4.3, Certificate.
 */
export function checkCertificate(
  list: CheckList,
  { certificates }: PreparedBundle,
  authorities: readonly CertificateAuthority[],
  moments: readonly number[],
): Promise<CertificateFact | undefined> {
  return list.look('certificate', async () => {
    const [leaf] = certificates;
    const { chain, authority } = await chainAtEach(certificates, authorities, moments);
    const issuer = chain[1];
    if (leaf === undefined || issuer === undefined) throw noIssuer();
    const { notBefore, notAfter } = leaf;
    return {
      fact: { leaf, issuer },
      message: `certificate was issued by ${authority.operator}, and was valid at each time that counts`,
      data: {
        serial: toHex(leaf.serial),
        notBefore: isoTime(notBefore),
        notAfter: isoTime(notAfter),
        authority: authority.operator,
        checkedAt: [...new Set(moments)].map(isoTime),
      },
    };
  });
}

/** The chain at the last of the moments. What is signed does not depend on the moment, so it is checked once. */
async function chainAtEach(
  given: readonly Certificate[],
  authorities: readonly CertificateAuthority[],
  [first, ...others]: readonly number[],
): Promise<VerifiedChain> {
  if (first === undefined) throw noIssuer();
  const purpose = 'code-signing';
  let found = await verifyCertificateChain(given, { authorities, at: first, purpose });
  for (const at of new Set(others)) {
    try {
      checkPath(found.chain, found.authority, { at, purpose });
    } catch (error) {
      if (!isPackError(error)) throw error;
      // Another chain may hold then, where authorities follow one another.
      found = await verifyCertificateChain(given, { authorities, at, purpose });
    }
  }
  return found;
}

function noIssuer(): VerificationError {
  return new VerificationError('ERR_CERTIFICATE_UNTRUSTED', 'certificate chain has no issuer that could be looked at');
}

/**
 * Checks that the certificate was published: the timestamps in it that logs of certificates signed.
 *
 * Sigstore client specification 4.3, Certificate; RFC 6962 section 3.2.
 */
export function checkScts(
  list: CheckList,
  { leaf, issuer }: CertificateFact,
  ctLogs: readonly TransparencyLog[],
  needed: number,
): Promise<readonly string[] | undefined> {
  return list.look('sct', async () => {
    const { found, ignored } = await verifyScts(leaf, issuer, ctLogs);
    const operators = requireOperators(found, needed, 'certificate timestamps', 'ERR_SCT_MISSING');
    return {
      fact: operators,
      message:
        operators.length === 0
          ? 'certificate has no timestamp of a trusted log, and none is demanded'
          : `certificate was published in the log of ${operators.join(', ')}`,
      data: {
        found: found.map(({ operator, logId, time }) => ({ operator, logId, time: isoTime(time) })),
        ignored: ignored.length,
        needed,
      },
    };
  });
}
