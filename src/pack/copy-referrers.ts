import type { Digest } from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Report } from '../ports/report.ts';
import { copyGraph, type CopyContext, type CopyRoot } from './copy-graph.ts';
import { eachBounded } from './each-bounded.ts';
import { failureOf } from './failure.ts';

/** How far referrers of referrers are followed, and how many there may be. */
const limits = { depth: 8, count: 10_000 };

/** What refers to a manifest. */
export interface FoundReferrers {
  readonly subject: Digest;
  readonly referrers: readonly Descriptor[];
}

/** Asks the source what refers to each of these manifests. */
export function findReferrers(
  subjects: readonly Descriptor[],
  { from, tasks, options }: CopyContext,
  report: Report,
): Promise<FoundReferrers[]> {
  const distinct = [...new Set(subjects.map(({ digest }) => digest))];
  return Promise.all(
    distinct.map((subject) =>
      tasks.run(async (signal) => {
        const answer = await from.referrers(subject, { ...options, signal }).catch((error: unknown) => {
          throw failureOf(error, 'source', { digest: subject });
        });
        if (answer.from === 'hidden') report.note('warning', `${from.id} does not tell what refers to ${subject}`);
        return { subject, referrers: answer.referrers };
      }),
    ),
  );
}

/** Copies what refers to some manifests, and what refers to that in turn. */
export async function copyReferrers(
  first: readonly FoundReferrers[],
  context: CopyContext,
  report: Report,
): Promise<void> {
  const seen = new Set<Digest>(first.map(({ subject }) => subject));
  let found = first;
  for (let depth = 0; found.some(({ referrers }) => referrers.length > 0); depth++) {
    if (depth === limits.depth) throw tooMany('depth', limits.depth);
    const fresh = found.map(({ subject, referrers }) => ({ subject, referrers: notSeen(referrers, seen) }));
    for (const { referrers } of fresh) referrers.forEach((referrer) => context.tally.referrer(referrer));
    found = await findReferrers(await copyEach(fresh, context), context, report);
  }
}

function notSeen(referrers: readonly Descriptor[], seen: Set<Digest>): Descriptor[] {
  const fresh = referrers.filter(({ digest }) => !seen.has(digest) && seen.add(digest).size > 0);
  if (seen.size > limits.count) throw tooMany('number', limits.count);
  return fresh;
}

/** Gives the manifests of all that was copied. */
async function copyEach(found: readonly FoundReferrers[], context: CopyContext): Promise<Descriptor[]> {
  const bounds = { concurrency: context.tasks.concurrency, signal: context.tasks.signal };
  const lists = await eachBounded(found, bounds, (one) => markKnown(one, context));
  const graphs = await eachBounded(lists.flat(), bounds, (root) => copyGraph(root, context));
  return graphs.flat();
}

/**
 * Referrers, with those that a remote target has marked as known. One that is there and not in the target's list is
 * written again, which puts it into the list: where that is kept under a tag, a writer may have been cut off in between.
 */
export async function markKnown({ subject, referrers }: FoundReferrers, context: CopyContext): Promise<CopyRoot[]> {
  const { to, tasks, options } = context;
  const unknown = referrers.map((descriptor) => ({ descriptor, known: false }));
  if (!to.capabilities.remote || referrers.length === 0) return unknown;
  const answer = await tasks.run((signal) =>
    to.referrers(subject, { ...options, signal }).catch((error: unknown) => {
      throw failureOf(error, 'destination', { digest: subject });
    }),
  );
  const listed = new Set(answer.referrers.map(({ digest }) => digest));
  return Promise.all(
    unknown.map(async (root) => {
      const { digest } = root.descriptor;
      if (!listed.has(digest) && answer.from !== 'hidden') return root;
      return { ...root, known: answer.from === 'api' || (await isThere(digest, context)) };
    }),
  );
}

/** A list under a tag may name what was deleted since. */
function isThere(digest: Digest, { to, tasks, options }: CopyContext): Promise<boolean> {
  return tasks.run(async (signal) => {
    const found = await to.resolve(digest, { ...options, signal, direct: true }).catch((error: unknown) => {
      throw failureOf(error, 'destination', { digest });
    });
    return found !== undefined;
  });
}

function tooMany(what: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${what} of referrers is beyond the limit of ${limit}`, {
    hint: 'copy without referrers, or copy them one by one',
    details: { limit },
  });
}
