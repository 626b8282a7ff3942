import { mergeTrustRoots } from '../attest/merge-trust-roots.ts';
import { parseTrustRoot } from '../attest/parse-trust-root.ts';
import type { TrustRoot } from '../attest/trust-root.ts';
import { checkCount } from '../bytes/check-options.ts';
import type { Digest } from '../digest/digest.ts';
import { StoreError, UsageError, VerificationError, type PackError, type VerificationErrorCode } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { selectPlatform } from '../oci/platform.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import type { Policy } from '../verify/policy.ts';
import type { VerificationReport } from '../verify/report.ts';
import type { FindContext, ReferrersState } from './find-bundles/candidate.ts';
import { findBundles, type FoundBundles } from './find-bundles/find-bundles.ts';
import { readContent } from './find-bundles/read-content.ts';
import { incompleteness } from './incompleteness.ts';
import { judgeManifest } from './judge-manifest.ts';
import { loadManifest, maxIndexDepth, type LoadedManifest } from './load-manifest.ts';
import { loadNamed } from './load-named.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import { findLimits, policyAndTrust, type PolicyAndTrust, type VerifyPackOptions } from './verification-input.ts';

/** What came of the verification of a pack. It is about a digest: whatever a tag names a moment later. */
export interface PackVerdict {
  /** The reference with the digest that the verdict is about, where the location was given as text. */
  readonly reference?: string | undefined;
  /** The manifest to use: the one that was named, or that for the platform in the index that was. */
  readonly descriptor: Descriptor;
  /** What the signatures are on: `descriptor` itself, or an index that it is in. */
  readonly signed: Descriptor;
  /** The digests from `signed` to `descriptor`, each named by the one before it. One, where they are the same. */
  readonly path: readonly Digest[];
  readonly report: VerificationReport;
  /** Where it is known from what refers to the manifest. */
  readonly referrers: ReferrersState;
}

/**
 * Verifies a pack, and gives the verdict only where it is yes.
 *
 * @throws VerificationError with the report, and the cause where something could not be read; else as
 * {@link evaluatePack}.
 */
export async function verifyPack(
  location: OpenLocation,
  input: Policy | PolicyAndTrust,
  options: VerifyPackOptions,
): Promise<PackVerdict> {
  const { verdict, cause } = await judgePack(location, input, options);
  const { report } = verdict;
  if (report.verdict === 'passed') return verdict;
  const { code, message, artifact } = report;
  throw new VerificationError(code as VerificationErrorCode, message, {
    report,
    hint: hintFor(code as VerificationErrorCode, verdict, options),
    retryable: cause?.retryable,
    details: { artifact, reference: verdict.reference, referrers: verdict.referrers },
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Verifies a pack, and gives the verdict whatever it is.
 *
 * What is named is resolved once; everything after that is asked for by digest. A signature that holds is enough beside
 * others that do not. Where the verdict is no and something could not be seen, the report's code says that
 * (`ERR_SIGNATURES_HIDDEN`, `ERR_SIGNATURES_UNREACHABLE`) rather than that there is no signature.
 *
 * @throws UsageError for a policy or an option that cannot be used; RegistryError where the manifest itself cannot be
 * had; FormatError `ERR_LIMIT_EXCEEDED` for more signatures than are looked at; StoreError `ERR_BLOB_NOT_FOUND` where a
 * trusted root was pinned that does not travel with the pack.
 */
export async function evaluatePack(
  location: OpenLocation,
  input: Policy | PolicyAndTrust,
  options: VerifyPackOptions,
): Promise<PackVerdict> {
  return (await judgePack(location, input, options)).verdict;
}

interface Judged {
  readonly verdict: PackVerdict;
  /** Why something could not be seen, where the verdict is no. */
  readonly cause?: PackError | undefined;
}

async function judgePack(
  location: OpenLocation,
  input: Policy | PolicyAndTrust,
  options: VerifyPackOptions,
): Promise<Judged> {
  const demand = policyAndTrust(input);
  const limits = findLimits(options);
  const concurrency = checkCount('concurrency', options.concurrency, 8);
  const { repository } = location;
  return reported({ verb: 'verify', name: describeLocation(location) }, options, async (report) => {
    const path = await pathTo(location, report.options, options.platform);
    const context = { repository, limits, concurrency, options: report.options };
    const found = await Promise.all(path.map((manifest) => findBundles(manifest, context)));
    const trust = await trustFor(demand, found, context);
    const { policy } = demand;
    const court = { policy, trust, now: options.now, maxBundles: limits.signatures, signal: report.options.signal };
    const judged: Judged[] = [];
    for (let index = path.length - 1; index >= 0; index--) {
      const [manifest, own] = [path[index] as LoadedManifest, found[index] as FoundBundles];
      const seen = await judgeManifest(manifest, own, court);
      const one = concluded(location, path.slice(index), own, seen);
      if (one.verdict.report.verdict === 'passed') return one;
      judged.push(one);
    }
    return mostTelling(judged);
  });
}

/** The manifests from the one that is named to the one that is meant, each named by the one before it. */
async function pathTo(
  location: OpenLocation,
  options: OperationOptions,
  platform: VerifyPackOptions['platform'],
): Promise<readonly LoadedManifest[]> {
  const { repository } = location;
  let last = await loadManifest(repository, await loadNamed(location, options), options);
  const path = [last];
  while (platform !== undefined && last.parsed.kind === 'index' && path.length <= maxIndexDepth) {
    const descriptor = selectPlatform(last.parsed.document.manifests, platform);
    last = await loadManifest(repository, { descriptor }, options);
    path.push(last);
  }
  if (platform === undefined || last.parsed.kind === 'manifest') return path;
  throw new UsageError('ERR_UNSUPPORTED', `indexes nest deeper than ${maxIndexDepth}, expected a manifest`);
}

/** The trust of the caller, and the trusted root that he pinned. */
async function trustFor(
  { trust, trustedRootDigest: pinned }: PolicyAndTrust,
  found: readonly FoundBundles[],
  context: FindContext,
): Promise<TrustRoot | undefined> {
  if (pinned === undefined) return trust;
  const layer = found.flatMap(({ trustRoots }) => trustRoots).find(({ digest }) => digest === pinned);
  if (layer !== undefined) {
    const travelled = parseTrustRoot(await readContent(layer, context));
    return trust === undefined ? travelled : mergeTrustRoots(trust, travelled);
  }
  // Where not everything could be seen, that is what the verdict says.
  if (found.some((one) => incompleteness(one) !== undefined)) return trust;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `trusted root ${pinned} does not travel with the pack`, {
    digest: pinned,
    hint: 'pin the digest of the document itself, not of what it is attached by; or give the file of the trusted root',
  });
}

function concluded(
  { text }: OpenLocation,
  path: readonly LoadedManifest[],
  found: FoundBundles,
  seen: VerificationReport,
): Judged {
  const { descriptor: signed } = path[0] as LoadedManifest;
  const { descriptor } = path[path.length - 1] as LoadedManifest;
  const unseen = seen.verdict === 'passed' ? undefined : incompleteness(found);
  const report = unseen === undefined ? seen : { ...seen, code: unseen.code, message: unseen.message };
  const verdict: PackVerdict = {
    ...(text === undefined
      ? {}
      : { reference: formatReference({ ...parseReference(text), digest: descriptor.digest }) }),
    descriptor,
    signed,
    path: path.map((one) => one.descriptor.digest),
    report,
    referrers: found.from,
  };
  return { verdict, cause: unseen?.cause };
}

/** Of several refusals: what could not be seen, else what was judged, else that of the manifest itself. */
function mostTelling(judged: readonly Judged[]): Judged {
  const unseen = judged.find(({ verdict: { report } }) => report.code?.startsWith('ERR_SIGNATURES_') === true);
  const looked = judged.find(({ verdict: { report } }) => report.bundles.length > 0);
  return unseen ?? looked ?? (judged[0] as Judged);
}

function hintFor(
  code: VerificationErrorCode,
  { descriptor, signed }: PackVerdict,
  { platform }: VerifyPackOptions,
): string | undefined {
  if (code === 'ERR_SIGNATURES_HIDDEN') return 'log in with a user who may list referrers';
  if (code === 'ERR_SIGNATURES_UNREACHABLE') return 'try again; nothing is known of signatures that were not seen';
  if (code !== 'ERR_NO_SIGNATURES' || platform !== undefined || signed !== descriptor) return undefined;
  return 'where an index was signed rather than a manifest in it, name the index, and the platform';
}
