import type { TrustRoot } from '../../attest/trust-root.ts';
import { checkOptions } from '../../bytes/check-options.ts';
import type { ArtifactInput } from '../artifact.ts';
import { evaluate } from '../evaluate.ts';
import type { Policy } from '../policy.ts';
import { parseNpmAttestations } from './npm-documents.ts';
import { npmPolicies, npmPolicyKeys, type NpmPolicyOptions } from './npm-policies.ts';
import type { VerificationReport } from '../report.ts';
import { refusalOf } from '../verify.ts';

/** What a package of npm's registry is verified by. */
export interface VerifyNpmOptions extends NpmPolicyOptions {
  /** That of Sigstore's public-good instance, which npm uses. */
  readonly trust: TrustRoot;
  readonly signal?: AbortSignal | undefined;
}

/** Both are about the same tarball, and both passed. */
export interface NpmReports {
  readonly publish: VerificationReport;
  readonly provenance: VerificationReport;
}

/**
 * Verifies both attestations of a package on npm's registry: `answer` is what the registry says at
 * `/-/npm/v1/attestations/NAME@VERSION`, and `tarball` the package's bytes or its SHA-512 digest (the `integrity` of a
 * lockfile). A stream is read once for both, so give bytes, a source or a digest.
 *
 * @throws VerificationError with the report of the attestation that does not hold or is not there.
 * @throws FormatError for an answer that cannot be read.
 */
export async function verifyNpmAttestations(
  tarball: Exclude<ArtifactInput, ReadableStream>,
  answer: Uint8Array | string,
  options: VerifyNpmOptions,
): Promise<NpmReports> {
  checkOptions('npm verification', options, [...npmPolicyKeys, 'trust', 'signal']);
  const { trust, signal, ...rest } = options;
  const policies = npmPolicies(rest);
  const bundles = parseNpmAttestations(answer).map(({ bundle }) => bundle);
  const check = async (policy: Policy): Promise<VerificationReport> => {
    const report = await evaluate(tarball, bundles, { policy, trust, signal });
    if (report.verdict === 'failed') throw refusalOf(report);
    return report;
  };
  return { publish: await check(policies.publish), provenance: await check(policies.provenance) };
}
