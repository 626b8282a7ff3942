import { isPackError, type PackError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import { eachBounded } from '../each-bounded.ts';
import { loadManifestBytes } from '../load-manifest.ts';
import type { FindContext, ReferrersState } from './candidate.ts';
import type { CandidateCount } from './count-candidates.ts';
import { taggedReferrers } from './fallback-tag.ts';
import { referrerContent, type ReferrerContent } from './manifest-candidates.ts';
import { unreadError } from './unread.ts';

/** What the referrers of a manifest hold, and where they are known from. */
export interface ListedReferrers extends ReferrerContent {
  readonly from: ReferrersState;
  /** Why the registry could not be asked. */
  readonly failure?: PackError;
}

/**
 * Looks into every referrer of a manifest, whatever its list says that it is. One that cannot be read is told as such.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more referrers than the limit.
 */
export async function listReferrers(
  subject: Descriptor,
  context: FindContext,
  count: CandidateCount,
): Promise<ListedReferrers> {
  const answer = context.known ?? (await askReferrers(subject, context));
  if ('failure' in answer) return { ...empty, ...answer };
  count.add(answer.referrers.length);
  const { concurrency, options } = context;
  const contents = await eachBounded(answer.referrers, { concurrency, signal: options.signal }, (referrer, signal) =>
    lookInto(referrer, subject, { ...context, options: { ...options, signal } }),
  );
  const candidates = contents.flatMap((content) => content.candidates);
  count.add(Math.max(0, candidates.length - contents.filter((content) => content.candidates.length > 0).length));
  return {
    from: answer.from,
    candidates,
    unread: contents.flatMap((content) => content.unread),
    trustRoots: contents.flatMap((content) => content.trustRoots),
  };
}

const empty: ReferrerContent = { candidates: [], unread: [], trustRoots: [] };

type Answer =
  | { readonly referrers: readonly Descriptor[]; readonly from: ReferrersState }
  | { readonly failure: PackError; readonly from: 'unreachable' };

async function askReferrers(subject: Descriptor, context: FindContext): Promise<Answer> {
  const { repository, limits, options } = context;
  try {
    // One more than may be looked at, so that too many are noticed.
    const answer = await repository.referrers(subject.digest, { ...options, limit: limits.signatures + 1 });
    if (answer.from !== 'api' || answer.referrers.length > 0) return answer;
    const tagged = await taggedReferrers(subject.digest, context);
    return tagged.length === 0 ? answer : { referrers: uniqueOf(tagged), from: 'both' };
  } catch (error) {
    const failure = unreadError(error, options.signal);
    if (isPackError(error) && (error.code === 'ERR_LIMIT_EXCEEDED' || error.name === 'UsageError')) throw error;
    return { failure, from: 'unreachable' };
  }
}

function uniqueOf(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

async function lookInto(referrer: Descriptor, subject: Descriptor, context: FindContext): Promise<ReferrerContent> {
  const { repository, options } = context;
  const { digest, mediaType } = referrer;
  try {
    const bytes = await loadManifestBytes(repository, referrer, options);
    const parsed = parseManifest(bytes, { mediaType });
    return parsed.kind === 'index' ? empty : referrerContent(digest, parsed.document, subject.digest);
  } catch (error) {
    return { ...empty, unread: [{ origin: digest, error: unreadError(error, options.signal) }] };
  }
}
