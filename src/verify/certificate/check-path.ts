import type { CertificateAuthority, ValidityPeriod } from '../../attest/trust-root.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { VerificationError } from '../../errors.ts';
import { certificateError } from './certificate-error.ts';
import type { Certificate } from './certificate.ts';
import { extensionIds } from './known-extensions.ts';

/** What a chain must hold for. */
export interface PathOptions {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly purpose: 'code-signing' | 'time-stamping';
}

const purposes = { 'code-signing': '1.3.6.1.5.5.7.3.3', 'time-stamping': '1.3.6.1.5.5.7.3.8' } as const;
const anyPurpose = '2.5.29.37.0';

/**
 * Checks a path whose names and signatures hold already, leaf first and anchor last (RFC 5280 section 6.1.3 to 6.1.5).
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` or, where it is only a matter of time, `ERR_CERTIFICATE_EXPIRED`.
 */
export function checkPath(path: readonly Certificate[], authority: CertificateAuthority, options: PathOptions): void {
  const [leaf, ...above] = path;
  if (leaf === undefined) throw certificateError('is missing');
  checkLeaf(leaf, options.purpose);
  for (const [index, certificate] of above.entries()) checkAuthority(certificate, above.slice(0, index), options);
  for (const certificate of path) checkTime(certificate, options.at);
  if (!isWithin(authority.validFor, options.at)) {
    throw expired(`authority ${authority.uri} is not valid at ${isoOf(options.at)}`);
  }
}

function checkLeaf(leaf: Certificate, purpose: PathOptions['purpose']): void {
  const { keyUsage, extendedKeyUsage = [], basicConstraints } = leaf;
  if (basicConstraints?.ca === true || keyUsage?.includes('keyCertSign') === true) {
    throw certificateError('of an authority is used to sign');
  }
  const stamps = purpose === 'time-stamping';
  const signs = keyUsage?.some((usage) => usage === 'digitalSignature' || (stamps && usage === 'nonRepudiation'));
  if (signs === false) throw certificateError('is not for signatures');
  if (!extendedKeyUsage.includes(purposes[purpose])) throw certificateError(`is not for ${purpose}`);
  // RFC 3161 section 2.3.
  const critical = leaf.extensions.some((one) => one.critical && one.oid === extensionIds.extendedKeyUsage);
  if (stamps && (extendedKeyUsage.length !== 1 || !critical)) {
    throw certificateError('is not for time-stamping alone, and critically so');
  }
}

/** `below` holds the authorities between this one and the leaf. */
function checkAuthority(
  { basicConstraints, keyUsage, extendedKeyUsage }: Certificate,
  below: readonly Certificate[],
  { purpose }: PathOptions,
): void {
  if (basicConstraints?.ca !== true) throw certificateError('of the issuer is not that of an authority');
  if (keyUsage?.includes('keyCertSign') === false) throw certificateError('of the issuer may not sign certificates');
  const length = below.filter(({ issuer, subject }) => !equalBytes(issuer, subject)).length;
  if (length > (basicConstraints.pathLength ?? Infinity))
    throw certificateError('chain is longer than its issuer allows');
  // An authority that says purposes can give no others.
  const fits = extendedKeyUsage?.some((usage) => usage === purposes[purpose] || usage === anyPurpose) ?? true;
  if (!fits) throw certificateError(`of the issuer is not for ${purpose}`);
}

function checkTime({ notBefore, notAfter }: Certificate, at: number): void {
  if (at >= notBefore && at <= notAfter) return;
  throw expired(`certificate is valid from ${isoOf(notBefore)} to ${isoOf(notAfter)}, not at ${isoOf(at)}`);
}

function expired(message: string): VerificationError {
  return new VerificationError('ERR_CERTIFICATE_EXPIRED', message);
}

function isoOf(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}

/** True for a time in a closed interval. One without a start holds nothing: nobody has said when it began. */
export function isWithin({ start, end }: ValidityPeriod, at: number): boolean {
  return start !== undefined && at >= start && (end === undefined || at <= end);
}
