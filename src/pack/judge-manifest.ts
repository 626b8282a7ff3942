import type { TrustRoot } from '../attest/trust-root.ts';
import { VerificationError } from '../errors.ts';
import type { JsonValue } from '../bytes/json.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import { evaluate } from '../verify/evaluate.ts';
import type { Policy } from '../verify/policy.ts';
import { describeSigner, nameOfSigner } from '../verify/proven-signer.ts';
import type { BundleReport, Check, ProvenSigner, VerificationReport } from '../verify/report.ts';
import type { Unread } from './find-bundles/candidate.ts';
import { digestsOf, type FoundBundle, type FoundBundles, type SignedManifest } from './find-bundles/find-bundles.ts';

/** What the bundles of a manifest are judged by. */
export interface ManifestCourt {
  readonly policy: Policy;
  readonly trust: TrustRoot | undefined;
  readonly now: number | undefined;
  readonly maxBundles: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Judges everything that was found for a manifest, in one report: bundles about the manifest itself, payloads of cosign
 * that name it, and what could not be read.
 */
export async function judgeManifest(
  manifest: SignedManifest,
  found: FoundBundles,
  court: ManifestCourt,
): Promise<VerificationReport> {
  const payloads = found.bundles.filter(isPayload);
  const refused = notAccepted(manifest, payloads, court.policy);
  const direct = found.bundles.filter((one) => !isPayload(one));
  const first = await judgeDirect(manifest, direct, court);
  const others: VerificationReport[] = [];
  for (const one of refused.length > 0 ? [] : payloads) others.push(await judgePayload(manifest, one, court));
  return conclude(manifest, first, others, [...found.unread, ...refused].map(unreadReport));
}

async function judgeDirect(
  { bytes }: SignedManifest,
  found: readonly FoundBundle[],
  court: ManifestCourt,
): Promise<VerificationReport> {
  const bundles = found.map(({ bundle }) => bundle);
  const report = await evaluate(bytes, bundles, optionsOf(court, court.policy));
  return { ...report, bundles: report.bundles.map((one, index) => ({ ...one, origin: found[index]?.origin ?? '' })) };
}

/**
 * Judges an older signature in its two steps: the signature is over the payload, and the payload names the manifest. That
 * it does was seen when it was read; what the policy says of digests is meant of the manifest.
 */
async function judgePayload(
  manifest: SignedManifest,
  found: FoundPayload,
  court: ManifestCourt,
): Promise<VerificationReport> {
  const policy = { ...court.policy, digests: undefined };
  const report = await evaluate(found.payload, found.bundle, optionsOf(court, policy));
  const { digest } = manifest.descriptor;
  const named: Check = {
    name: 'artifact',
    outcome: 'passed',
    message: `payload names ${digest}`,
    spec: 'cosign signature specification, Simple Signing',
    data: { digest },
  };
  const origin = found.origin;
  return { ...report, bundles: report.bundles.map((one) => ({ ...one, checks: [...one.checks, named], origin })) };
}

type FoundPayload = FoundBundle & Required<Pick<FoundBundle, 'payload'>>;

function isPayload(found: FoundBundle): found is FoundPayload {
  return found.payload !== undefined;
}

/** Older signatures of a manifest that the policy does not accept by its digest. */
function notAccepted(manifest: SignedManifest, found: readonly FoundPayload[], { digests }: Policy): readonly Unread[] {
  const { digest } = manifest.descriptor;
  if (digests === undefined || digestsOf(manifest).some((own) => digests.includes(own))) return [];
  return found.map(({ origin }) => ({
    origin,
    error: new VerificationError('ERR_SUBJECT_MISMATCH', `artifact is ${digest}, which the policy does not accept`, {
      details: { expected: digests.slice(0, 10), found: [digest] },
    }),
  }));
}

function optionsOf(court: ManifestCourt, policy: Policy): Parameters<typeof evaluate>[2] {
  const { trust, now, signal, maxBundles } = court;
  return { policy, trust, now, signal, limits: { maxBundles } };
}

/** What could not be read fails, as a bundle does that says nothing. */
function unreadReport({ origin, error }: Unread): BundleReport {
  const { code, message } = error;
  const data = error.details as Readonly<Record<string, JsonValue>>;
  const spec = 'Sigstore bundle format';
  return {
    verdict: 'failed',
    code,
    checks: [{ name: 'bundle', outcome: 'failed', code, message, spec, data }],
    times: [],
    origin,
  };
}

/** One report of several about the same manifest: a signer counts once, whatever was signed. */
function conclude(
  { descriptor }: SignedManifest,
  first: VerificationReport,
  others: readonly VerificationReport[],
  unread: readonly BundleReport[],
): VerificationReport {
  const judged = [first, ...others];
  const signers = judged.flatMap(({ bundles }) => bundles).flatMap(signerOf);
  const found = [...new Map(signers.map((signer) => [nameOfSigner(signer), signer])).values()];
  const { threshold } = first.signers;
  return {
    version: 1,
    ...verdictOn(judged, unread, found, threshold),
    artifact: [...new Set([...first.artifact, descriptor.digest])].sort(compareBytewise),
    bundles: [...judged.flatMap(({ bundles }) => bundles), ...unread],
    signers: { found, threshold },
  };
}

/** Who signed a bundle that passed. */
function signerOf({ verdict, signer }: BundleReport): readonly ProvenSigner[] {
  return verdict === 'passed' && signer !== undefined ? [signer] : [];
}

type Verdict = Pick<VerificationReport, 'verdict' | 'code' | 'message'>;

function verdictOn(
  judged: readonly VerificationReport[],
  unread: readonly BundleReport[],
  found: readonly ProvenSigner[],
  threshold: number,
): Verdict {
  if (found.length >= threshold) {
    return { verdict: 'passed', message: `signed by ${found.map(describeSigner).join(' and ')}` };
  }
  if (found.length > 0) {
    const signers = found.length === 1 ? 'signer' : 'signers';
    const message = `signatures are of ${found.length} different ${signers}, expected ${threshold}`;
    return { verdict: 'failed', code: 'ERR_THRESHOLD_NOT_MET', message };
  }
  const told = judged.find(({ bundles }) => bundles.length > 0) ?? unread[0]?.checks[0];
  const { code = 'ERR_NO_SIGNATURES', message = 'artifact has no signature' } = told ?? {};
  return { verdict: 'failed', code, message };
}
