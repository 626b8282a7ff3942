import { algorithmOf } from '../digest/digest.ts';
import { isPackError } from '../errors.ts';
import { cosignTag } from '../oci/cosign-tag.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { appendLayers } from './attach-bundle-legacy.ts';
import { copyGraph, type CopyContext } from './copy-graph.ts';
import { eachBounded } from './each-bounded.ts';
import { failureOf } from './failure.ts';
import { loadManifestBytes } from './load-manifest.ts';

/** What follows the digest in the tags under which cosign 2 keeps signatures and attestations. */
const suffixes = ['sig', 'att'] as const;

/** Signatures or attestations of cosign 2, under their tag. */
export interface LegacyManifest {
  readonly tag: string;
  readonly descriptor: Descriptor;
}

/** Asks the source what cosign 2 keeps about these manifests. */
export async function findLegacy(
  subjects: readonly Descriptor[],
  { from, tasks, options }: CopyContext,
): Promise<readonly LegacyManifest[]> {
  const digests = [...new Set(subjects.map(({ digest }) => digest))].filter((one) => algorithmOf(one) === 'sha256');
  const tags = digests.flatMap((digest) => suffixes.map((suffix) => cosignTag(digest, suffix)));
  const found = await Promise.all(
    tags.map((tag) =>
      tasks.run(async (signal) => {
        const descriptor = await from.resolve(tag, { ...options, signal }).catch((error: unknown) => {
          throw failureOf(error, 'source', { tag });
        });
        return descriptor === undefined ? [] : [{ tag, descriptor }];
      }),
    ),
  );
  return found.flat();
}

/** Copies them under their tags. What the target has under such a tag is kept, beside what comes. */
export async function copyLegacy(found: readonly LegacyManifest[], context: CopyContext): Promise<void> {
  const bounds = { concurrency: context.tasks.concurrency, signal: context.tasks.signal };
  await eachBounded(found, bounds, (one) => copyOne(one, context));
}

async function copyOne({ tag, descriptor }: LegacyManifest, context: CopyContext): Promise<void> {
  const { to, tally, dryRun } = context;
  tally.referrer(descriptor);
  const there = await asDestination(tag, to.resolve(tag, { ...context.options, direct: true }));
  if (there?.digest === descriptor.digest) return;
  await copyGraph({ descriptor, known: false }, context);
  if (dryRun || (there === undefined && (await isTagged(tag, descriptor, context)))) return;
  const bytes = await loadManifestBytes(context.from, descriptor, context.options);
  const parsed = parseManifest(bytes, { mediaType: descriptor.mediaType });
  // An index is nothing that cosign wrote: it stays where something else lies already.
  if (parsed.kind === 'index') return;
  await asDestination(tag, appendLayers(parsed.document.layers, tag, to, context.options));
}

/** False where somebody else was first. */
async function isTagged(
  tag: string,
  { mediaType, digest, size }: Descriptor,
  { to, options }: CopyContext,
): Promise<boolean> {
  try {
    await to.tag(tag, { mediaType, digest, size }, { ...options, ifMatch: null });
    return true;
  } catch (error) {
    if (isPackError(error) && error.code === 'ERR_CONFLICT') return false;
    throw failureOf(error, 'destination', { tag });
  }
}

function asDestination<T>(tag: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw failureOf(error, 'destination', { tag });
  });
}
