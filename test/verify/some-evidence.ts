import { parseBundle } from '../../src/attest/parse-bundle.ts';
import type { Bundle } from '../../src/attest/bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import type { TrustRoot } from '../../src/attest/trust-root.ts';
import { hexOf, digestOf } from '../../src/digest/digest.ts';
import {
  goodBundles,
  testArtifact,
  testStatement,
  type GoodBundleName,
} from '../../src/testing/sigstore/good-bundles.ts';
import type { JsonObject } from '../../src/testing/sigstore/log-body.ts';
import { pemOf } from '../../src/testing/sigstore/pem-of.ts';
import type { SignOptions } from '../../src/testing/sigstore/sign-options.ts';
import { createTestSigstore, type TestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import type { ArtifactInput } from '../../src/verify/artifact.ts';
import { evaluate, type VerifyOptions } from '../../src/verify/evaluate.ts';
import type { Policy } from '../../src/verify/policy.ts';
import type { VerificationReport } from '../../src/verify/report.ts';

/** A Sigstore in memory that makes no mistakes. */
export const sigstore: TestSigstore = await createTestSigstore();
/** Its trust root. */
export const trust: TrustRoot = parseTrustRoot(sigstore.trustRoot);
/** The key of its bundles without certificate. */
export const signerPem: string = pemOf('PUBLIC KEY', sigstore.keys.signer.publicKey);

/** The workflow that signs where nothing else is said. */
export const workflow = {
  identity: 'https://github.com/example/project/.github/workflows/release.yml@refs/tags/v1.0.0',
  issuer: 'https://token.actions.githubusercontent.com',
} as const;

/** A bundle of that Sigstore. */
export async function signed(options: SignOptions | GoodBundleName): Promise<Bundle> {
  return parseBundle(await sigstore.sign(typeof options === 'string' ? goodBundles[options] : options));
}

/** A statement about the artifact of the type, with another member here and there. */
export function stating(predicateType: string, rest: JsonObject = {}): JsonObject {
  return { ...testStatement(), predicateType, predicate: {}, ...rest };
}

/** A subject that is the artifact. */
export const subject: { readonly name: string; readonly digest: { readonly sha256: string } } = {
  name: 'artifact',
  digest: { sha256: hexOf(digestOf(testArtifact)) },
};

/** A policy of the workflow, with something else in it. */
export function policyOf(rest: Partial<Policy> = {}): Policy {
  return { version: 1, signers: { anyOf: [workflow] }, ...rest };
}

/** The report on bundles for the artifact, by a policy that is the workflow's where it says nothing else. */
export function reportOn(
  bundles: Bundle | readonly Bundle[],
  policy: Partial<Policy> = {},
  options: Partial<VerifyOptions> & { readonly artifact?: ArtifactInput } = {},
): Promise<VerificationReport> {
  const { artifact = testArtifact, ...rest } = options;
  return evaluate(artifact, bundles, { policy: policyOf(policy), trust, ...rest });
}

/** `passed`, or the code of why not. */
export async function verdictOn(...args: Parameters<typeof reportOn>): Promise<string> {
  const { verdict, code } = await reportOn(...args);
  return code ?? verdict;
}

export { testArtifact };
