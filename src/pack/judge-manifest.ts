import type { TrustRoot } from '../attest/trust-root.ts';
import type { JsonValue } from '../bytes/json.ts';
import type { Digest } from '../digest/digest.ts';
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
  const direct = found.bundles.filter(({ payload }) => payload === undefined);
  const reports = [await judgeDirect(manifest, direct, court)];
  for (const one of found.bundles)
    if (one.payload !== undefined) reports.push(await judgePayload(manifest, one, court));
  return conclude(manifest, reports, found.unread.map(unreadReport));
}

async function judgeDirect(
  { bytes }: SignedManifest,
  found: readonly FoundBundle[],
  court: ManifestCourt,
): Promise<VerificationReport> {
  const bundles = found.map(({ bundle }) => bundle);
  const report = await evaluate(bytes, bundles, optionsOf(court, court.policy));
  return { ...report, bundles: report.bundles.map((one, index) => withOrigin(one, found[index]?.origin ?? '')) };
}

/**
 * Judges an older signature in its two steps: the signature is over the payload, and the payload names the manifest. That
 * it does was seen when it was read; what the policy says of digests is meant of the manifest.
 */
async function judgePayload(
  manifest: SignedManifest,
  { origin, bundle, payload }: FoundBundle,
  court: ManifestCourt,
): Promise<VerificationReport> {
  const { digests, ...policy } = court.policy;
  const own = digestsOf(manifest);
  const isAccepted = digests === undefined || own.some((digest) => digests.includes(digest));
  const report = await evaluate(payload ?? new Uint8Array(), bundle, optionsOf(court, policy));
  const named = namesManifest(manifest.descriptor.digest, isAccepted);
  const bundles = report.bundles.map((one) => withOrigin(withCheck(one, named), origin));
  if (isAccepted) return { ...report, bundles };
  const { message } = named;
  return {
    ...report,
    verdict: 'failed',
    code: 'ERR_SUBJECT_MISMATCH',
    message,
    bundles,
    signers: { ...report.signers, found: [] },
  };
}

function optionsOf(court: ManifestCourt, policy: Policy): Parameters<typeof evaluate>[2] {
  const { trust, now, signal, maxBundles } = court;
  return { policy, trust, now, signal, limits: { maxBundles } };
}

function withOrigin(report: BundleReport, origin: string): BundleReport {
  return { ...report, origin };
}

const payloadSpec = 'cosign signature specification, Simple Signing';

function namesManifest(digest: Digest, isAccepted: boolean): Check {
  const data = { digest };
  if (isAccepted) {
    return { name: 'artifact', outcome: 'passed', message: `payload names ${digest}`, spec: payloadSpec, data };
  }
  const message = `artifact is ${digest}, which the policy does not accept`;
  return { name: 'artifact', outcome: 'failed', code: 'ERR_SUBJECT_MISMATCH', message, spec: payloadSpec, data };
}

function withCheck(report: BundleReport, check: Check): BundleReport {
  const checks = [...report.checks, check];
  if (check.outcome === 'passed' || report.verdict === 'failed') return { ...report, checks };
  return { ...report, verdict: 'failed', ...(check.code === undefined ? {} : { code: check.code }), checks };
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
  reports: readonly VerificationReport[],
  unread: readonly BundleReport[],
): VerificationReport {
  const signers = reports.flatMap((report) => report.bundles).flatMap(signerOf);
  const found = [...new Map(signers.map((signer) => [nameOfSigner(signer), signer])).values()];
  const threshold = reports[0]?.signers.threshold ?? 1;
  const digests = reports[0]?.artifact ?? [];
  return {
    version: 1,
    ...verdictOn(reports, unread, found, threshold),
    artifact: [...new Set([...digests, descriptor.digest])].sort(compareBytewise),
    bundles: [...reports.flatMap((report) => report.bundles), ...unread],
    signers: { found, threshold },
  };
}

/** Who signed a bundle that passed. */
function signerOf({ verdict, signer }: BundleReport): readonly ProvenSigner[] {
  return verdict === 'passed' && signer !== undefined ? [signer] : [];
}

type Verdict = Pick<VerificationReport, 'verdict' | 'code' | 'message'>;

function verdictOn(
  reports: readonly VerificationReport[],
  unread: readonly BundleReport[],
  found: readonly ProvenSigner[],
  threshold: number,
): Verdict {
  if (found.length >= threshold) {
    return { verdict: 'passed', message: `signed by ${found.map(describeSigner).join(' and ')}` };
  }
  if (found.length > 0) {
    const message = `signatures are of ${found.length} different signers, expected ${threshold}`;
    return { verdict: 'failed', code: 'ERR_THRESHOLD_NOT_MET', message };
  }
  const judged = reports.find((report) => report.bundles.length > 0);
  const [check] = unread[0]?.checks ?? [];
  const { code, message } = judged ?? check ?? reports[0] ?? {};
  return { verdict: 'failed', code: code ?? 'ERR_NO_SIGNATURES', message: message ?? 'artifact has no signature' };
}
