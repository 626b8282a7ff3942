import type { TrustRoot } from '../attest/trust-root.ts';
import { fromHex } from '../bytes/encoding.ts';
import { hexOf } from '../digest/digest-name.ts';
import { VerificationError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import { checkMessage, checkSubjects } from './check-artifact.ts';
import { checkCertificate, checkScts, type CertificateFact } from './check-certificate.ts';
import { checkLog } from './check-log.ts';
import { checkList, skipTheRest, type CheckList } from './check-list.ts';
import { checkProvenance } from './check-provenance.ts';
import { checkSigner } from './check-signer.ts';
import { checkPredicate } from './check-statement.ts';
import { keyIdOf, unsupported } from './crypto/public-key.ts';
import { neededEvidence } from './demand.ts';
import { establishTime, provenTimes, type TimeFact } from './establish-time.ts';
import type { Policy } from './policy.ts';
import type { PreparedBundle, Preparation } from './prepare-bundle.ts';
import { signerOf } from './proven-signer.ts';
import type { BundleReport, ProvenSigner } from './report.ts';
import type { SignedContent } from './signed-content.ts';
import { signatureOf, tryKeys, type SigningKey, type TriedKey } from './signing-key.ts';

/** What bundles are judged by. */
export interface Court {
  readonly policy: Policy;
  readonly trust: TrustRoot;
  /** Milliseconds since 1970: the clock, where a policy waives proven times. */
  readonly now: number;
}

/** What was proven on the way; each is missing where it was not. */
interface Proof {
  readonly times?: readonly TimeFact[] | undefined;
  readonly signer?: ProvenSigner | undefined;
  /** Everything that has to be shown was shown. */
  readonly complete: boolean;
}

/**
 * Judges one bundle: evidence first, in the order of the Sigstore client specification (4.2 to 4.5), then the policy
 * about the facts that came of it. Only facts are handed on: a step whose fact is missing is not made up for.
 */
export async function judgeBundle(prepared: Preparation, artifact: Artifact, court: Court): Promise<BundleReport> {
  const list = checkList();
  const readable = await list.look('bundle', () => {
    if ('problem' in prepared) throw prepared.problem;
    const { mediaType, version } = prepared.bundle;
    return { fact: prepared, message: `bundle of version ${version} could be read`, data: { mediaType } };
  });
  const proof = readable === undefined ? undefined : await prove(list, readable, artifact, court);
  skipTheRest(list, 'not looked at, as something before it failed');
  const { failed } = list;
  return {
    verdict: proof?.complete === true && failed === undefined ? 'passed' : 'failed',
    ...(failed?.code === undefined ? {} : { code: failed.code }),
    checks: list.checks,
    ...(proof?.signer === undefined ? {} : { signer: proof.signer }),
    times: provenTimes(proof?.times ?? []),
    ...(readable === undefined || proof?.signer === undefined ? {} : { content: contentOf(readable) }),
  };
}

function contentOf({ statement }: PreparedBundle): NonNullable<BundleReport['content']> {
  return statement === undefined ? { kind: 'message' } : { kind: 'statement', predicateType: statement.predicateType };
}

async function prove(list: CheckList, prepared: PreparedBundle, artifact: Artifact, court: Court): Promise<Proof> {
  const { policy, trust, now } = court;
  const { bundle, statement } = prepared;
  const needed = neededEvidence(policy, bundle.material.kind);
  const isAbout = statement === undefined ? await checkMessage(list, prepared, artifact, policy) : true;
  const times = await establishTime(list, prepared, needed, trust);
  const moments = times?.length === 0 ? [now] : times?.map(({ time }) => time);
  const certificate = moments && (await certify(list, prepared, court, moments));
  const tried = isAbout && (await tryKeys(prepared.keys, bundle, artifact));
  if (tried === undefined) {
    if (prepared.keys.length === 0) await refuseHint(list, prepared);
    return { times, complete: false };
  }
  // Before the log: what an entry is compared with has to be a signature at all.
  const isSigned = await checkSignature(list, tried, prepared);
  // A log that must be believed must be so now, where nobody says when it was.
  const seen = times?.length === 0 && needed.log === 0 ? [] : (moments ?? []);
  const { logs } = trust;
  await checkLog(list, prepared, signedContent(tried, prepared, artifact), { logs, times: seen, needed: needed.log });
  if (isSigned === undefined || list.failed !== undefined) return { times, complete: false };
  const evidence = { key: tried.signing, certificate, times: times ?? [] };
  return { times, ...(await judgeFacts(list, prepared, artifact, court, evidence)) };
}

/** Chain, then publication; a key needs neither. */
async function certify(
  list: CheckList,
  prepared: PreparedBundle,
  { policy, trust }: Court,
  moments: readonly number[],
): Promise<CertificateFact | undefined> {
  if (prepared.bundle.material.kind === 'key') {
    list.skip('certificate', 'a key has no certificate');
    list.skip('sct', 'a key has no certificate');
    return undefined;
  }
  const certificate = await checkCertificate(list, prepared, trust.certificateAuthorities, moments);
  const { sct } = neededEvidence(policy, 'certificate');
  if (certificate !== undefined) await checkScts(list, certificate, trust.ctLogs, sct);
  return certificate;
}

/** A key that the policy does not name cannot be tried. */
async function refuseHint(list: CheckList, { bundle: { material } }: PreparedBundle): Promise<void> {
  await list.look('signer', () => {
    throw new VerificationError(
      'ERR_KEY_MISMATCH',
      'bundle is signed with a key, and the policy names none that it may be',
      { details: { hint: material.kind === 'key' ? material.hint.slice(0, 200) : '' } },
    );
  });
}

function signedContent({ signing, form }: TriedKey, { bundle }: PreparedBundle, artifact: Artifact): SignedContent {
  const { content } = bundle;
  return {
    signature: signatureOf(bundle),
    key: signing.material,
    hash: (form ?? signing.key).hash,
    content:
      content.kind === 'dsse'
        ? content
        : { kind: 'message', digest: (algorithm) => Promise.resolve(digestBytes(artifact, algorithm)) },
  };
}

function digestBytes({ digests }: Artifact, algorithm: SignedContent['hash']): Uint8Array {
  const digest = digests.get(algorithm);
  const bytes = digest === undefined ? undefined : fromHex(hexOf(digest));
  if (bytes === undefined)
    throw unsupported(`log entry is over the ${algorithm} digest of the artifact, which is not known`);
  return bytes;
}

/** Sigstore client specification 4.5, Signature Verification. */
function checkSignature(
  list: CheckList,
  { signing, form, problem }: TriedKey,
  { bundle }: PreparedBundle,
): Promise<true | undefined> {
  return list.look('signature', () => {
    if (problem !== undefined) throw problem;
    const { kind, scheme, hash } = form ?? signing.key;
    const [over, data] = [bundle.content.kind === 'dsse' ? 'envelope' : 'artifact', { kind, scheme, hash }];
    if (form !== undefined) return { fact: true, message: `signature is over the ${over}, by the key`, data };
    throw new VerificationError('ERR_SIGNATURE_INVALID', `signature is not by this key over this ${over}`, {
      details: data,
    });
  });
}

interface Evidence {
  readonly key: SigningKey;
  readonly certificate: CertificateFact | undefined;
  readonly times: readonly TimeFact[];
}

/** What is left when every piece of evidence holds: whether it is what the policy asks for. */
async function judgeFacts(
  list: CheckList,
  { statement }: PreparedBundle,
  artifact: Artifact,
  { policy }: Court,
  { key, certificate, times }: Evidence,
): Promise<{ signer: ProvenSigner | undefined; complete: boolean }> {
  const names = statement === undefined ? [] : await checkSubjects(list, statement.subjects, artifact, policy);
  const signer = await nameSigner(list, key, certificate);
  const isRight = signer && (await checkSigner(list, signer, key, policy, times));
  const rules = names && (await checkPredicate(list, statement, names, policy));
  const isBuilt = rules && (await checkProvenance(list, rules, statement, signer));
  return { signer, complete: isRight === true && isBuilt === true };
}

async function nameSigner(
  list: CheckList,
  { key, material }: SigningKey,
  certificate: CertificateFact | undefined,
): Promise<ProvenSigner | undefined> {
  if (material.kind === 'key') return { kind: 'key', keyId: await keyIdOf(key.spki) };
  if (certificate === undefined) return undefined;
  try {
    return signerOf(certificate.leaf);
  } catch (error) {
    return list.look('signer', () => Promise.reject(error as Error));
  }
}
