import type { Bundle } from '../../../attest/bundle.ts';
import { bundleMediaType } from '../../../attest/format-bundle.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import type { Demand } from '../../../verify/policy.ts';
import { checkBundle } from '../shared/check-bundle.ts';
import type { PreparedContent } from '../shared/prepare-content.ts';
import type { IssuedCertificate } from './certificate-request.ts';

/** A signature that is to be made known, by a certificate that was checked. */
export interface CertifiedSigning {
  readonly options: { readonly trust: TrustRoot; readonly unsafeNoSct?: boolean | undefined };
  readonly prepared: PreparedContent;
  readonly issued: IssuedCertificate;
  readonly signal: AbortSignal | undefined;
}

/** A bundle with a signature that nobody has witnessed yet. */
export function certifiedBundle({ issued, prepared }: CertifiedSigning, signature: Uint8Array<ArrayBuffer>): Bundle {
  return {
    mediaType: bundleMediaType,
    version: '0.3',
    material: { kind: 'certificate', certificates: [issued.certificate] },
    logEntries: [],
    timestamps: [],
    content: prepared.bundleContent(signature),
  };
}

/**
 * Verifies a bundle with exactly the identity that was certified.
 *
 * @throws SigningError `ERR_SIGNATURE_REJECTED`.
 */
export function checkCertified(
  bundle: Bundle,
  { options, prepared, issued, signal }: CertifiedSigning,
  demand: Demand,
): Promise<Bundle> {
  const { identity, issuer } = issued.signer;
  return checkBundle(bundle, {
    artifact: prepared.artifact,
    signer: { identity, issuer },
    trust: options.trust,
    now: issued.at,
    demand: { ...demand, ...(options.unsafeNoSct === true ? { unsafeNoSct: true } : {}) },
    signal,
  });
}
