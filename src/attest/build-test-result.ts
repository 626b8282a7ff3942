import { checkOptions } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import { checkUri, predicateOf, type Predicate } from './build-predicate.ts';
import type { ResourceInput } from './resource-input.ts';

/** The predicate type of the result of tests. */
export const testResultType = 'https://in-toto.io/attestation/test-result/v0.1';

/** How tests of something went. */
export interface TestResultInput {
  readonly result: 'passed' | 'warned' | 'failed';
  /** What the tests ran with: at least one thing. */
  readonly configuration: readonly ResourceInput[];
  /** Where the run can be seen. */
  readonly url?: string | undefined;
  readonly passedTests?: readonly string[] | undefined;
  readonly warnedTests?: readonly string[] | undefined;
  readonly failedTests?: readonly string[] | undefined;
}

/**
 * Builds an in-toto test result of version 0.1.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for unknown members, a result that is none, passed tests of which some
 * failed, and what JSON cannot say.
 * @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/predicates/test-result.md
 */
export function buildTestResult(input: TestResultInput): Predicate {
  const keys = ['result', 'configuration', 'url', 'passedTests', 'warnedTests', 'failedTests'];
  checkOptions('test result', input, keys);
  const { result, configuration, url, failedTests = [] } = input;
  if (!['passed', 'warned', 'failed'].includes(result)) {
    throw refused('result', `result is ${JSON.stringify(result)}, expected passed, warned or failed`);
  }
  if (result === 'passed' && failedTests.length > 0) throw refused('result', 'result is passed, and tests failed');
  if (configuration.length === 0) throw refused('configuration', 'configuration names nothing');
  if (url !== undefined) checkUri('url', url);
  return predicateOf(testResultType, { ...input, result: result.toUpperCase() });
}

function refused(argument: string, message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument });
}
