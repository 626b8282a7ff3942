import type { JsonValue } from '../bytes/json.ts';
import { readPredicate } from './predicate.ts';
import { list, message, object, oneOf, only, required, text, time, type Reader } from './proto-json.ts';
import { resource, resources, type Resource } from './resource.ts';
import type { Statement } from './statement.ts';

/** The predicate type of an SLSA verification summary. */
export const verificationSummaryType = 'https://slsa.dev/verification_summary/v1';

/** What a verifier says that it found (VSA). It is worth what the signer's word is worth. */
export interface VerificationSummary {
  /** The URI of who verified. A policy must know that the signer is that verifier. */
  readonly verifier: string;
  /** Milliseconds since 1970. */
  readonly timeVerified: number | undefined;
  /** What was verified; compared to the letter. */
  readonly resourceUri: string;
  readonly policy: Resource;
  readonly inputAttestations: readonly Resource[];
  readonly result: 'passed' | 'failed';
  /** `SLSA_BUILD_LEVEL_3` for example. */
  readonly verifiedLevels: readonly string[];
  /** How many dependencies are of each level. */
  readonly dependencyLevels: Readonly<Record<string, JsonValue>>;
  /** Empty where it is not said. */
  readonly slsaVersion: string;
}

/**
 * Reads a verification summary of version 1 from a statement. Members that are not known are ignored, as SLSA demands;
 * a result that is neither `PASSED` nor `FAILED` is an error.
 *
 * @throws FormatError `ERR_STATEMENT_INVALID` for another predicate type, and with the path of what is wrong.
 * @see https://slsa.dev/spec/v1.1/verification_summary
 */
export function parseVerificationSummary(statement: Statement): VerificationSummary {
  return readPredicate(statement, 'verification summary', verificationSummaryType, summary);
}

const summaryMessage = required(
  message(
    {
      verifier: required(only('id', required(text), true)),
      timeVerified: time,
      resourceUri: required(text),
      policy: required(resource),
      inputAttestations: resources,
      verificationResult: oneOf('PASSED', 'FAILED'),
      verifiedLevels: list(required(text), 1000),
      dependencyLevels: object,
      slsaVersion: text,
    },
    true,
  ),
);

const summary: Reader<VerificationSummary> = (value, place) => {
  const { verificationResult, dependencyLevels = {}, ...read } = summaryMessage(value, place);
  return {
    ...read,
    result: verificationResult === 'PASSED' ? 'passed' : 'failed',
    dependencyLevels,
  };
};
