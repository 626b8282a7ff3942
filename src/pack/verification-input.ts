import type { TrustRoot } from '../attest/trust-root.ts';
import { checkCount, checkObject, checkOptions, operationKeys } from '../bytes/check-options.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';
import type { Platform } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Policy } from '../verify/policy.ts';
import { parsePolicy } from '../verify/policy/parse-policy.ts';
import type { FindLimits } from './find-bundles/candidate.ts';

/** What a pack is verified by: a policy, and whom to believe. */
export interface PolicyAndTrust {
  readonly policy: Policy;
  /** Whom to believe. Without it nobody is: only a key that the policy names can then sign. */
  readonly trust?: TrustRoot | undefined;
  /**
   * The digest of a trusted root that travels with the pack, as a referrer. It is believed because it is pinned here,
   * besides `trust`; one that is not pinned never is.
   */
  readonly trustedRootDigest?: Digest | undefined;
}

export interface VerifyPackOptions extends OperationOptions {
  /**
   * Verifies the manifest for this platform in an index. Signatures of the manifest count, and so do those of the index,
   * which names the manifest by its digest; the verdict says which it was.
   */
  readonly platform?: Platform | string | undefined;
  readonly limits?: Partial<FindLimits> | undefined;
  /** How many things are asked for at a time; 8 by default. */
  readonly concurrency?: number | undefined;
  /** Milliseconds since 1970, asked only where the policy waives proven times; the platform's clock by default. */
  readonly now?: number | undefined;
}

/** The limits where the caller gives none. */
export const defaultFindLimits: FindLimits = {
  signatures: 100,
  bundleBytes: 16 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
};

/**
 * The two forms of a demand as one, with its policy checked before anything is asked.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_DIGEST`.
 */
export function policyAndTrust(input: Policy | PolicyAndTrust): PolicyAndTrust {
  checkObject('policy', input);
  if (!('policy' in input)) return { policy: parsePolicy(input) };
  checkOptions('verification', input, ['policy', 'trust', 'trustedRootDigest']);
  const { trustedRootDigest } = input;
  if (trustedRootDigest === undefined || isDigest(trustedRootDigest)) {
    return { ...input, policy: parsePolicy(input.policy) };
  }
  throw new UsageError('ERR_INVALID_DIGEST', 'trustedRootDigest is not a digest', { argument: 'trustedRootDigest' });
}

/**
 * The limits of a search, with those of the caller over the default ones.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for any option that cannot be used.
 */
export function findLimits(options: VerifyPackOptions): FindLimits {
  checkOptions('options', options, [...operationKeys, 'platform', 'limits', 'concurrency', 'now']);
  const { limits = {} } = options;
  checkOptions('limits', limits, Object.keys(defaultFindLimits));
  return {
    signatures: checkCount('limits.signatures', limits.signatures, defaultFindLimits.signatures),
    bundleBytes: checkCount('limits.bundleBytes', limits.bundleBytes, defaultFindLimits.bundleBytes),
    totalBytes: checkCount('limits.totalBytes', limits.totalBytes, defaultFindLimits.totalBytes),
  };
}
