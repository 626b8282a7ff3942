import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBundle } from '../../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../../src/attest/parse-trust-root.ts';
import { isPackError } from '../../../src/errors.ts';
import { setAt } from '../../../src/testing/sigstore/document-edit.ts';
import { goodBundles, testArtifact, type GoodBundleName } from '../../../src/testing/sigstore/good-bundles.ts';
import { createTestSigstore } from '../../../src/testing/sigstore/test-sigstore.ts';
import { evaluate } from '../../../src/verify/evaluate.ts';
import { parsePolicy } from '../../../src/verify/policy/parse-policy.ts';
import type { VerificationReport } from '../../../src/verify/report.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import { bundleCases } from '../../conformance/bundle-cases.ts';
import { policyFor } from '../must-refuse/judge.ts';

/** A good bundle, with what it is verified by. */
export interface Subject {
  readonly name: string;
  readonly bundle: string;
  readonly trustRoot: string;
  readonly policy: Policy;
  readonly artifact: Uint8Array<ArrayBuffer>;
}

/** The documents of a subject, of which one may be mutated. */
export interface Documents {
  readonly bundle: string | Uint8Array;
  readonly trustRoot: string;
}

/** Every kind of bundle that the Sigstore in memory makes, and every good case of the conformance suite. */
export async function allSubjects(): Promise<readonly Subject[]> {
  return [...(await ownSubjects()), ...conformanceSubjects()];
}

async function ownSubjects(): Promise<Subject[]> {
  const sigstore = await createTestSigstore();
  const { keys, trustRoot } = sigstore;
  const named = await createTestSigstore({
    keys,
    edits: { bundle: setAt('dsseEnvelope.signatures.0.keyid', 'a key') },
  });
  const subjectOf = async (name: GoodBundleName, signer = sigstore): Promise<Subject> => ({
    name,
    bundle: await signer.sign(goodBundles[name]),
    trustRoot,
    policy: policyFor(name, sigstore),
    artifact: testArtifact,
  });
  return Promise.all([
    ...(Object.keys(goodBundles) as GoodBundleName[]).map((name) => subjectOf(name)),
    subjectOf('statement', named).then((subject) => ({ ...subject, name: 'statement with a key id' })),
  ]);
}

function conformanceSubjects(): Subject[] {
  const publicGood = new URL('../../../../shared/vectors/trust/sigstore-public-good.json', import.meta.url);
  const good = bundleCases.filter(({ name }) => !name.endsWith('_fail'));
  return good.map(({ name, bundle, trustedRoot, identity, issuer, keyPem, artifact }) => ({
    name,
    bundle,
    trustRoot: trustedRoot ?? readFileSync(fileURLToPath(publicGood), 'utf8'),
    policy: parsePolicy({
      version: 1,
      signers: { anyOf: [keyPem === undefined ? { identity, issuer } : { key: keyPem }] },
      predicates: [{ unsafeAnyPredicate: true }],
      ...(keyPem === undefined ? {} : { demand: { log: 1 } }),
    }),
    artifact: Uint8Array.from(artifact),
  }));
}

/** What documents prove. */
export interface Facts {
  /** Who signed what: never another one. */
  readonly signed: string;
  /** Times, log entries, publications: any of them may be there no more, none may be another one. */
  readonly evidence: readonly string[];
}

/** What documents prove; undefined where they are refused. Whatever is thrown that is no error of ours is thrown on. */
export async function factsOf({ policy, artifact }: Subject, documents: Documents): Promise<Facts | undefined> {
  try {
    const trust = parseTrustRoot(documents.trustRoot);
    const report = await evaluate(artifact, parseBundle(documents.bundle), { policy, trust });
    return report.verdict === 'passed' ? factsIn(report) : undefined;
  } catch (error) {
    if (isPackError(error)) return undefined;
    throw error;
  }
}

const evidence: readonly string[] = ['sct', 'log', 'timestamp'];

function factsIn({ artifact, signers, bundles }: VerificationReport): Facts {
  const checks = bundles.flatMap((bundle) => bundle.checks);
  const shown = checks.filter(({ name, outcome }) => outcome === 'passed' && evidence.includes(name));
  return {
    signed: JSON.stringify([artifact, signers, bundles.map(({ signer, content }) => [signer, content])]),
    evidence: [
      ...bundles.flatMap(({ times }) => times.map((time) => JSON.stringify(time))),
      ...shown.map(({ name, data }) => JSON.stringify([name, data])),
    ].sort(),
  };
}

/** Whether facts are those that are expected, or some of them. */
export function compareFacts(found: Facts, expected: Facts): 'same' | 'less' | 'other' {
  if (found.signed !== expected.signed) return 'other';
  if (!found.evidence.every((item) => expected.evidence.includes(item))) return 'other';
  return found.evidence.length === expected.evidence.length ? 'same' : 'less';
}
