import type { Bundle } from '../../../attest/bundle.ts';
import { formatBundle } from '../../../attest/format-bundle.ts';
import { parseBundle } from '../../../attest/parse-bundle.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import { SigningError } from '../../../errors.ts';
import type { ArtifactInput } from '../../../verify/artifact.ts';
import { evaluate } from '../../../verify/evaluate.ts';
import type { Demand, SignerRule } from '../../../verify/policy.ts';
import { refusalOf } from '../../../verify/verify.ts';

/** What a bundle that was just made has to prove. */
export interface BundleDemand {
  readonly artifact: ArtifactInput;
  /** Exactly who signed. */
  readonly signer: SignerRule;
  readonly trust?: TrustRoot | undefined;
  readonly demand?: Demand | undefined;
  /** The time where none is proven, in milliseconds since 1970; the platform's clock by default. */
  readonly now?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a bundle, reads it again, and verifies it as everybody else will; gives it as it was read.
 *
 * @throws SigningError `ERR_SIGNATURE_REJECTED` where the verdict is no, with the verification's error as its cause.
 */
export async function checkBundle(bundle: Bundle, options: BundleDemand): Promise<Bundle> {
  const { artifact, signer, trust, demand, now, signal } = options;
  const read = parseBundle(formatBundle(bundle));
  const report = await evaluate(artifact, read, {
    policy: { version: 1, signers: { anyOf: [signer] }, predicates: [{ unsafeAnyPredicate: true }], demand },
    trust,
    now,
    signal,
  });
  if (report.verdict === 'passed') return read;
  throw new SigningError('ERR_SIGNATURE_REJECTED', `bundle that was made does not verify: ${report.message}`, {
    cause: refusalOf(report),
  });
}
