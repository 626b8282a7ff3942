import { parseBundle } from '../../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { isPackError } from '../../../src/errors.ts';
import { goodBundles, testArtifact, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import { pemOf } from '../../../src/testing/sigstore/pem-of.ts';
import type { TestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { evaluate } from '../../../src/verify/evaluate.ts';
import type { Refusal } from './expected.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';

const workflow = {
  identity: 'https://github.com/example/project/.github/workflows/release.yml@refs/tags/v1.0.0',
  issuer: 'https://token.actions.githubusercontent.com',
  extensions: { runnerEnvironment: 'github-hosted', sourceRepositoryURI: 'https://github.com/example/project' },
};

const provenance = {
  type: 'https://slsa.dev/provenance/v1',
  builder: workflow.identity,
  source: 'https://github.com/example/project',
  buildType: 'https://actions.github.io/buildtypes/workflow/v1',
  externalParameters: ['workflow'],
};

/** What the signers of those good bundles are that are not the workflow. */
const signers: Partial<Record<GoodBundleName, object>> = {
  'message of an email address': { identity: 'dev@example.com', issuer: 'https://login.example' },
  'message of a name': { identity: 'dev!example.com', issuer: workflow.issuer },
};

/** What is demanded of those of which the default is not. */
const demands: Partial<Record<GoodBundleName, object>> = {
  'message stamped': { timestamp: 1 },
  'message without log': { unsafeNoLog: true, unsafeNoSct: true },
  'message of two operators': { log: 2, timestamp: 2, sct: 2 },
  'message of a key': { log: 1 },
  'message of a key of Rekor v2': { log: 1, timestamp: 1 },
  'statement of a key': { log: 1 },
  'statement of a key of Rekor v2': { log: 1, timestamp: 1 },
};

/** A policy that a good bundle fulfils, as tightly as it can be said. */
export function policyFor(name: GoodBundleName, { keys }: TestSigstore): Policy {
  const { signer, statement } = goodBundles[name];
  const validFor = { start: '2024-12-01T00:00:00Z', end: '2025-02-01T00:00:00Z' };
  const key = {
    key: pemOf('PUBLIC KEY', keys.signer.publicKey),
    ...(name === 'message of a key without log' ? {} : { validFor }),
  };
  return parsePolicy({
    version: 1,
    ...(demands[name] === undefined ? {} : { demand: demands[name] }),
    signers: { anyOf: [signer === 'key' ? key : (signers[name] ?? workflow)] },
    ...(statement === undefined ? {} : { predicates: [provenance] }),
  });
}

/** Judges a bundle as a user does: documents are read, then evaluated. What cannot be read fails the check `document`. */
export async function judge(
  bundle: string,
  trustRoot: string,
  policy: Policy,
  artifact: Uint8Array<ArrayBuffer> = testArtifact,
): Promise<'passed' | Refusal> {
  try {
    const trust = parseTrustRoot(trustRoot);
    const report = await evaluate(artifact, parseBundle(bundle), { policy, trust });
    if (report.verdict === 'passed') return 'passed';
    const failed = report.bundles[0]?.checks.find(({ outcome }) => outcome === 'failed');
    return `${failed?.name ?? 'report'} ${failed?.code ?? report.code ?? 'ERR_NONE'}`;
  } catch (error) {
    if (!isPackError(error)) throw error;
    return `document ${error.code}`;
  }
}
