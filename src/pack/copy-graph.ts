import type { Digest } from '../digest/index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { walkGraph, type BlobNode, type ManifestNode } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { copyBlob, type BlobOutcome, type CopyEnds } from './copy-blob.ts';
import { eachBounded } from './each-bounded.ts';
import { failureOf } from './failure.ts';
import { loadManifestBytes } from './load-manifest.ts';
import type { Traffic } from './pack-input.ts';

export interface CopyContext extends CopyEnds {
  readonly concurrency: number;
  readonly dryRun: boolean;
  readonly tally: CopyTally;
  readonly options: OperationOptions;
}

/** What one copy did, over all its graphs. Everything is counted, and moved, once. */
export interface CopyTally {
  /** False where this digest was dealt with before. */
  start(digest: Digest): boolean;
  blob(descriptor: Descriptor, outcome: BlobOutcome): void;
  manifest(descriptor: Descriptor): void;
  referrer(descriptor: Descriptor): void;
  skip(descriptor: Descriptor): void;
  result(): TallyResult;
}

/** The sums of a {@link CopyTally}. */
export interface TallyResult {
  readonly manifests: number;
  readonly referrers: readonly Descriptor[];
  readonly copied: Traffic;
  readonly mounted: Traffic;
  readonly reused: Traffic;
  readonly skipped: readonly Descriptor[];
}

/** A tally of nothing yet. */
export function copyTally(): CopyTally {
  const seen = new Set<Digest>();
  const referrers: Descriptor[] = [];
  const skipped: Descriptor[] = [];
  const sums = { copied: { blobs: 0, bytes: 0 }, mounted: { blobs: 0, bytes: 0 }, reused: { blobs: 0, bytes: 0 } };
  let manifests = 0;
  return {
    start: (digest) => !seen.has(digest) && seen.add(digest).size > 0,
    blob(descriptor, outcome) {
      sums[outcome].blobs++;
      sums[outcome].bytes += descriptor.size;
    },
    manifest() {
      manifests++;
    },
    referrer: (descriptor) => void referrers.push(descriptor),
    skip: (descriptor) => void skipped.push(descriptor),
    result: () => ({ manifests, referrers, ...sums, skipped }),
  };
}

/**
 * Copies everything below a manifest and the manifest itself, in an order in which the target never names what it does
 * not have. Gives the manifests, the root last. No tag is written.
 */
export async function copyGraph(root: Descriptor, context: CopyContext): Promise<readonly Descriptor[]> {
  const { blobs, manifests } = await walk(root, context);
  const { concurrency, options } = context;
  await eachBounded(blobs, { concurrency, signal: options.signal }, async ({ descriptor }, signal) => {
    const bound = { ...context, options: { ...options, signal } };
    const outcome = context.dryRun
      ? await compare(descriptor, bound)
      : await copyBlob(descriptor, bound, bound.options);
    context.tally.blob(descriptor, outcome);
  });
  for (const { descriptor, bytes } of manifests) await copyManifest(descriptor, bytes, context);
  return manifests.map(({ descriptor }) => descriptor);
}

interface WalkedManifest {
  readonly descriptor: Descriptor;
  /** Kept where they are few. */
  readonly bytes: Uint8Array | undefined;
}

interface Walked {
  readonly blobs: readonly BlobNode[];
  readonly manifests: readonly WalkedManifest[];
}

/** Manifest bytes that are kept between reading a graph and writing it; the rest is read twice. */
const keptBytes = 32 * 1024 * 1024;

async function walk(root: Descriptor, context: CopyContext): Promise<Walked> {
  const { from, tally, options } = context;
  const blobs: BlobNode[] = [];
  const manifests: WalkedManifest[] = [];
  let kept = 0;
  const load = (descriptor: Descriptor): Promise<Uint8Array> => loadManifestBytes(from, descriptor, options);
  const take = (node: ManifestNode): void => {
    const keep = kept + node.bytes.length <= keptBytes;
    if (keep) kept += node.bytes.length;
    manifests.push({ descriptor: withMediaType(node), bytes: keep ? node.bytes : undefined });
  };
  for await (const node of walkGraph(root, load, { signal: options.signal })) {
    if (node.kind === 'manifest') take(node);
    else if (node.nonDistributable) tally.skip(node.descriptor);
    else if (tally.start(node.descriptor.digest)) blobs.push(node);
  }
  return { blobs, manifests };
}

function withMediaType({ descriptor, parsed }: ManifestNode): Descriptor {
  return { ...descriptor, mediaType: parsed.mediaType };
}

async function compare({ digest }: Descriptor, { to, options }: CopyContext): Promise<BlobOutcome> {
  return (await to.blob.stat(digest, options)) === undefined ? 'copied' : 'reused';
}

async function copyManifest(descriptor: Descriptor, kept: Uint8Array | undefined, context: CopyContext): Promise<void> {
  const { from, to, tally, options, dryRun } = context;
  if (!tally.start(descriptor.digest)) return;
  tally.manifest(descriptor);
  if (dryRun) return;
  const bytes = kept ?? (await loadManifestBytes(from, descriptor, options));
  const { mediaType, digest } = descriptor;
  await to.manifest.put(bytes, { ...options, mediaType, digest }).catch((error: unknown) => {
    throw failureOf(error, 'destination', { digest });
  });
}
