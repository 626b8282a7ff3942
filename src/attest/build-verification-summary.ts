import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import { checkUri, predicateOf, type Predicate } from './build-predicate.ts';
import { formatRfc3339 } from './format-rfc3339.ts';
import type { ResourceInput } from './resource-input.ts';
import { verificationSummaryType } from './verification-summary.ts';

/** What a verifier says that it found. */
export interface VerificationSummaryInput {
  readonly verifier: {
    /** A URI. */
    readonly id: string;
    /** What it is made of, by name. */
    readonly version?: Readonly<Record<string, string>> | undefined;
  };
  /** Milliseconds since 1970; seconds are written. No clock is read. */
  readonly timeVerified?: number | undefined;
  /** A URI: what was verified, as whoever reads the summary will name it, to the letter. */
  readonly resourceUri: string;
  /** What it was verified by. */
  readonly policy: ResourceInput;
  /** What was looked at. */
  readonly inputAttestations?: readonly ResourceInput[] | undefined;
  readonly result: 'passed' | 'failed';
  /** `SLSA_BUILD_LEVEL_3` for example; by default none, or `FAILED`. */
  readonly verifiedLevels?: readonly string[] | undefined;
  /** How many dependencies are of each level. */
  readonly dependencyLevels?: Readonly<Record<string, number>> | undefined;
  /** `1.1` for example. */
  readonly slsaVersion?: string | undefined;
}

const keys = [
  'verifier',
  'timeVerified',
  'resourceUri',
  'policy',
  'inputAttestations',
  'result',
  'verifiedLevels',
  'dependencyLevels',
  'slsaVersion',
];

const verdicts = { passed: 'PASSED', failed: 'FAILED' };

/**
 * Builds an SLSA verification summary (VSA) of version 1.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for unknown members, what is no URI or time, another result, and what JSON
 * cannot say.
 * @see https://slsa.dev/spec/v1.1/verification_summary
 */
export function buildVerificationSummary(input: VerificationSummaryInput): Predicate {
  checkOptions('summary', input, keys);
  const { verifier, timeVerified, resourceUri, result, verifiedLevels, ...rest } = input;
  checkOptions('verifier', verifier, ['id', 'version']);
  const verdict = verdicts[result] as string | undefined;
  if (verdict === undefined) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `result is ${JSON.stringify(result)}, expected passed or failed`, {
      argument: 'result',
    });
  }
  return predicateOf(verificationSummaryType, {
    ...rest,
    verifier: { ...verifier, id: checkUri('verifier.id', verifier.id) },
    timeVerified: timeVerified === undefined ? undefined : formatRfc3339('timeVerified', timeVerified),
    resourceUri: checkUri('resourceUri', resourceUri),
    verificationResult: verdict,
    verifiedLevels: verifiedLevels ?? (result === 'passed' ? [] : [verdict]),
  });
}
