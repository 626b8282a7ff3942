import type { Bundle } from '../attest/bundle.ts';
import type { TrustRoot } from '../attest/trust-root.ts';
import { checkCount, checkOptions } from '../bytes/check-options.ts';
import { FormatError, UsageError, type PackErrorCode } from '../errors.ts';
import { readArtifact, type Artifact, type ArtifactInput, type WantedContent } from './artifact.ts';
import { judgeBundle, type Court } from './judge-bundle.ts';
import type { Policy } from './policy.ts';
import { parsePolicy } from './policy/parse-policy.ts';
import { prepareBundle, wantedContent, type Preparation } from './prepare-bundle.ts';
import { describeSigner, nameOfSigner } from './proven-signer.ts';
import type { BundleReport, ProvenSigner, VerificationReport } from './report.ts';
import { policyKeys } from './signing-key.ts';

/** What an artifact is verified by. */
export interface VerifyOptions {
  readonly policy: Policy;
  /** Whom to believe. Without it nobody is: only a key that the policy names can then sign. */
  readonly trust?: TrustRoot | undefined;
  /**
   * The time now, in milliseconds since 1970; the platform's clock by default. It is asked only where no time is proven:
   * where the policy waives it, and for the log of a key.
   */
  readonly now?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: VerifyLimits | undefined;
}

/** Bounds on the work that somebody else's bundles can make. */
export interface VerifyLimits {
  /** Bundles that are looked at; 100 by default. One more is an error, never "no signature". */
  readonly maxBundles?: number | undefined;
}

/** Bundles, and what has to be known of an artifact before they can be judged. */
export interface Trial {
  readonly wanted: WantedContent;
  /** The verdict on the artifact. */
  judge(artifact: Artifact): Promise<VerificationReport>;
}

/**
 * Verifies an artifact, and says in a report what was proven and what was not, whatever the verdict is. Nothing is
 * fetched: bundles, trust root and policy are all that it depends on.
 *
 * A signature that holds is enough beside others that do not, as anybody may attach a bundle to anything; but the policy
 * may demand several signers, and within one bundle everything has to hold.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a policy, an artifact or an option that cannot be used.
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more bundles than are looked at.
 * @see https://github.com/sigstore/architecture-docs/blob/main/client-spec.md#4-verification
 */
export async function evaluate(
  artifact: ArtifactInput,
  bundles: Bundle | readonly Bundle[],
  options: VerifyOptions,
): Promise<VerificationReport> {
  const trial = openTrial(bundles, options);
  options.signal?.throwIfAborted();
  return trial.judge(await readArtifact(artifact, trial.wanted, options.signal));
}

/** Reads policy and bundles, so that the artifact can be hashed once with what they need. Throws as {@link evaluate}. */
export function openTrial(bundles: Bundle | readonly Bundle[], options: VerifyOptions): Trial {
  checkOptions('verification', options, ['policy', 'trust', 'now', 'signal', 'limits']);
  const { trust = nobody, now = Date.now(), signal } = options;
  if (!Number.isFinite(now)) throw new UsageError('ERR_INVALID_ARGUMENT', 'now is not a time', { argument: 'now' });
  if (!hasMembers(trust, Object.keys(nobody))) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'trust is not what parseTrustRoot gives', { argument: 'trust' });
  }
  const court = { policy: parsePolicy(options.policy), trust, now };
  const list = boundedList(bundles, options.limits ?? {});
  const keys = policyKeys(court.policy);
  const prepared = list.map((bundle) => prepareBundle(bundle, keys));
  return {
    wanted: wantedContent(prepared, court.policy),
    judge: async (artifact) =>
      reportOn(artifact, await judgeEach(prepared, artifact, court, signal), court.policy, kindsOf(list)),
  };
}

/** Whether a value is read already, and not the document itself. */
function hasMembers(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

const nobody: TrustRoot = { logs: [], ctLogs: [], certificateAuthorities: [], timestampAuthorities: [] };

function boundedList(bundles: Bundle | readonly Bundle[], limits: VerifyLimits): readonly Bundle[] {
  checkOptions('verification limits', limits, ['maxBundles']);
  const limit = checkCount('maxBundles', limits.maxBundles, 100);
  const list = Array.isArray(bundles) ? (bundles as readonly Bundle[]) : [bundles as Bundle];
  if (!list.every((one) => hasMembers(one, ['content', 'material', 'logEntries', 'timestamps']))) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'bundle is not what parseBundle gives', { argument: 'bundles' });
  }
  if (list.length <= limit) return list;
  throw new FormatError('ERR_LIMIT_EXCEEDED', `artifact has ${list.length} bundles, at most ${limit} are looked at`, {
    hint: 'raise limits.maxBundles, or pass fewer',
    details: { limit },
  });
}

/** One after the other: what one costs is known, and what a hundred cost at once is not. */
async function judgeEach(
  prepared: readonly Preparation[],
  artifact: Artifact,
  court: Court,
  signal: AbortSignal | undefined,
): Promise<readonly BundleReport[]> {
  const reports: BundleReport[] = [];
  for (const one of prepared) {
    signal?.throwIfAborted();
    reports.push(await judgeBundle(one, artifact, court));
  }
  signal?.throwIfAborted();
  return reports;
}

type MaterialKind = Bundle['material']['kind'];

/** What each bundle is signed with. */
function kindsOf(bundles: readonly Bundle[]): readonly MaterialKind[] {
  return bundles.map(({ material }) => material.kind);
}

function reportOn(
  artifact: Artifact,
  bundles: readonly BundleReport[],
  { signers }: Policy,
  kinds: readonly MaterialKind[],
): VerificationReport {
  const found = signersOf(bundles);
  const threshold = signers.threshold ?? 1;
  const shared = { artifact: [...artifact.digests.values()].sort(), bundles, signers: { found, threshold } };
  if (found.length >= threshold) {
    const message = `signed by ${found.map(describeSigner).join(' and ')}`;
    return { version: 1, verdict: 'passed', message, ...shared };
  }
  const why = found.length > 0 ? tooFew(found.length, threshold) : whyNot(bundles, closestOf(bundles, signers, kinds));
  return { version: 1, verdict: 'failed', ...why, ...shared };
}

/** The signers of bundles that passed, each once. */
function signersOf(bundles: readonly BundleReport[]): readonly ProvenSigner[] {
  const signers = new Map<string, ProvenSigner>();
  for (const { verdict, signer } of bundles) {
    if (verdict === 'passed' && signer !== undefined) signers.set(nameOfSigner(signer), signer);
  }
  return [...signers.values()];
}

interface Reason {
  readonly code: PackErrorCode;
  readonly message: string;
}

function tooFew(found: number, threshold: number): Reason {
  const message = `signatures are of ${found} different ${found === 1 ? 'signer' : 'signers'}, expected ${threshold}`;
  return { code: 'ERR_THRESHOLD_NOT_MET', message };
}

function whyNot(bundles: readonly BundleReport[], closest: BundleReport | undefined): Reason {
  const failed = closest?.checks.find(({ outcome }) => outcome === 'failed');
  if (failed?.code === undefined) return { code: 'ERR_NO_SIGNATURES', message: 'artifact has no signature' };
  const which = bundles.length === 1 ? '' : `none of ${bundles.length} bundles counts; the closest: `;
  return { code: failed.code, message: `${which}${failed.message}` };
}

/**
 * The bundle whose reason is worth telling: one by what the policy names (a key, or a certificate), whatever order they
 * came in; of these one of a signer who counts, or else the one that came furthest.
 */
function closestOf(
  bundles: readonly BundleReport[],
  { anyOf }: Policy['signers'],
  kinds: readonly MaterialKind[],
): BundleReport | undefined {
  const named = new Set<MaterialKind | undefined>(anyOf.map((rule) => ('key' in rule ? 'key' : 'certificate')));
  const ranked = bundles.map((bundle, index) => ({
    bundle,
    rank: rankOf(bundle) + (named.has(kinds[index]) ? 1000 : 0),
  }));
  return ranked.sort((a, b) => b.rank - a.rank)[0]?.bundle;
}

function rankOf({ checks }: BundleReport): number {
  const passed = checks.filter(({ outcome }) => outcome === 'passed');
  return passed.length + (passed.some(({ name }) => name === 'signer') ? 100 : 0);
}
