import type { Digest } from '../digest/index.ts';
import { FormatError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Report } from '../ports/report.ts';
import { copyGraph, type CopyContext } from './copy-graph.ts';
import { failureOf } from './failure.ts';

/** How far referrers of referrers are followed, and how many there may be. */
const limits = { depth: 8, count: 10_000 };

/** Copies what refers to the manifests given, and what refers to that in turn. */
export async function copyReferrers(
  manifests: readonly Descriptor[],
  context: CopyContext,
  report: Report,
): Promise<void> {
  const seen = new Set<Digest>(manifests.map(({ digest }) => digest));
  let subjects = manifests;
  for (let depth = 0; subjects.length > 0; depth++) {
    if (depth === limits.depth) throw tooMany('depth', limits.depth);
    const next: Descriptor[] = [];
    for (const subject of subjects) {
      for (const referrer of await referrersOf(subject, context, report)) {
        if (seen.has(referrer.digest)) continue;
        if (seen.add(referrer.digest).size > limits.count) throw tooMany('number', limits.count);
        context.tally.referrer(referrer);
        next.push(...(await copyGraph(referrer, context)));
      }
    }
    subjects = next;
  }
}

async function referrersOf(
  { digest }: Descriptor,
  { from, options }: CopyContext,
  report: Report,
): Promise<readonly Descriptor[]> {
  const answer = await from.referrers(digest, options).catch((error: unknown) => {
    throw failureOf(error, 'source', { digest });
  });
  if (answer.from === 'hidden') report.note('warning', `${from.id} does not tell what refers to ${digest}`);
  return answer.referrers;
}

function tooMany(what: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${what} of referrers is beyond the limit of ${limit}`, {
    hint: 'copy without referrers, or copy them one by one',
    details: { limit },
  });
}
