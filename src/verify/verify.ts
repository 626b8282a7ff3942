import type { Bundle } from '../attest/bundle.ts';
import { VerificationError } from '../errors.ts';
import type { ArtifactInput } from './artifact.ts';
import { evaluate, type VerifyOptions } from './evaluate.ts';
import type { VerificationReport } from './report.ts';

/**
 * Verifies an artifact, and gives the report only where the verdict is yes.
 *
 * What is true then: signers whom the policy names, as many as it demands, signed these very bytes (or stated what the
 * policy asks for about them), each with the evidence that it demands. See `evaluate` for what is looked at.
 *
 * @example
 * ```ts
 * import { parseBundle, verify } from 'packwright/verify';
 * import { publicGoodTrustRoot } from 'packwright/trust/public-good';
 *
 * const report = await verify(bytes, parseBundle(json), {
 *   trust: publicGoodTrustRoot(),
 *   policy: {
 *     version: 1,
 *     signers: { anyOf: [{ identity: 'dev@example.com', issuer: 'https://accounts.example.com' }] },
 *   },
 * });
 * ```
 * @throws VerificationError with the code of what is wrong, and the whole report in `report`; and as `evaluate` does.
 */
export async function verify(
  artifact: ArtifactInput,
  bundles: Bundle | readonly Bundle[],
  options: VerifyOptions,
): Promise<VerificationReport> {
  const report = await evaluate(artifact, bundles, options);
  if (report.verdict === 'passed') return report;
  throw refusalOf(report);
}

/** The error for a report whose verdict is no. */
export function refusalOf(report: VerificationReport): VerificationError {
  const { code, message, artifact } = report;
  return new VerificationError(code as VerificationError['code'], message, { report, details: { artifact } });
}
