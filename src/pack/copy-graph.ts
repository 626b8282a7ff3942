import type { Descriptor } from '../oci/descriptor.ts';
import {
  isIndexMediaType,
  isManifestMediaType,
  parseManifest,
  successorsOf,
  walkGraph,
  type BlobNode,
  type KnownManifest,
  type LoadManifest,
  type ManifestNode,
  type ParsedManifest,
} from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { copyBlob, type BlobOutcome, type CopyEnds } from './copy-blob.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { CopyTally } from './copy-tally.ts';
import { failureOf } from './failure.ts';
import { loadManifestBytes } from './load-manifest.ts';
import type { OnceByKey } from './once-by-key.ts';
import type { TaskGroup } from './task-group.ts';

export interface CopyContext extends CopyEnds {
  readonly dryRun: boolean;
  /** True where referrers of everything that is copied are wanted. */
  readonly referrers: boolean;
  readonly tally: CopyTally;
  readonly tasks: TaskGroup;
  /** What was brought to the target, or is on its way: each blob and each manifest once, however often it is named. */
  readonly done: OnceByKey;
  /** For manifests that wait until what they name is there. */
  readonly memory: ByteBudget;
  readonly options: OperationOptions;
}

/** A manifest to copy, and what is known of it beforehand. */
export interface CopyRoot {
  readonly descriptor: Descriptor;
  readonly bytes?: Uint8Array | undefined;
  /** True where the target has it, and with it everything that it names. */
  readonly known: boolean;
}

/** A graph of which everything but the root is in the target. */
export interface CopiedGraph {
  /** Every manifest of it that may have referrers; the root last. */
  readonly manifests: readonly Descriptor[];
  /** Writes the root, under a tag where one is given: nothing where it is there already. */
  finish(tag?: string): Promise<void>;
}

/**
 * Copies everything below a manifest, in an order in which the target never names what it does not have. Blobs flow as
 * soon as a manifest names them; a manifest follows when what it names is there.
 */
export async function copyBelow(root: CopyRoot, context: CopyContext): Promise<CopiedGraph> {
  if (root.known) return knownGraph(root, context);
  const { from, to, tasks, tally } = context;
  const known: Descriptor[] = [];
  const manifests: Descriptor[] = [];
  let last: ManifestNode | undefined;
  const signal = tasks.signal;
  const concurrency = from.capabilities.remote || to.capabilities.remote ? tasks.concurrency : 1;
  const steps = { signal, concurrency, known: knownManifest(root, known, context) };
  for await (const node of walkGraph(root.descriptor, loader(root, context), steps)) {
    if (node.kind === 'manifest') {
      manifests.push(pendingOf(node).descriptor);
      if (node.depth === 0) last = node;
      else void bringManifest(node, context);
    } else if (node.nonDistributable) tally.skip(node.descriptor);
    else void bringBlob(node, context);
  }
  const node = last as ManifestNode;
  await contentOf(node.parsed, context);
  return {
    manifests: [...(await childrenOf(known, context)), ...manifests],
    finish: (tag) => finish(pendingOf(node), context, tag),
  };
}

async function finish(pending: PendingManifest, context: CopyContext, tag: string | undefined): Promise<void> {
  // Another graph brings it, or the target has it, without this tag.
  const before = context.done.has(`manifest ${pending.descriptor.digest}`);
  await once('manifest', pending.descriptor, context, () => writeManifest(pending, context, tag));
  if (before && tag !== undefined && !context.dryRun) await putManifest(pending, context, tag);
}

/** Copies a graph, the root last. Gives its manifests. No tag is written. */
export async function copyGraph(root: CopyRoot, context: CopyContext): Promise<readonly Descriptor[]> {
  const graph = await copyBelow(root, context);
  await graph.finish();
  return graph.manifests;
}

async function knownGraph({ descriptor, bytes }: CopyRoot, context: CopyContext): Promise<CopiedGraph> {
  const parsed = bytes === undefined ? undefined : parseManifest(bytes, { mediaType: descriptor.mediaType });
  if (context.done.mark(`manifest ${descriptor.digest}`)) context.tally.known(parsed);
  return {
    manifests: await childrenOf([descriptor], context),
    finish: (tag) => finish({ descriptor, bytes }, context, tag),
  };
}

/** Each manifest that a remote target has is passed over, with all that it names: the registry vouches for that. */
function knownManifest(root: CopyRoot, known: Descriptor[], context: CopyContext): KnownManifest {
  const { to, tally, done, options } = context;
  return async (descriptor, { signal }) => {
    if (!to.capabilities.remote || descriptor.digest === root.descriptor.digest) return false;
    const found = await to.resolve(descriptor.digest, { ...options, signal, direct: true }).catch((error: unknown) => {
      throw failureOf(error, 'destination', { digest: descriptor.digest });
    });
    if (found === undefined) return false;
    if (done.mark(`manifest ${descriptor.digest}`)) tally.known();
    known.push(descriptor);
    return true;
  };
}

/** Manifests with what lies in them, where they are indexes: they were not walked, and have referrers all the same. */
async function childrenOf(known: readonly Descriptor[], context: CopyContext): Promise<Descriptor[]> {
  if (!context.referrers) return [...known];
  const found: Descriptor[] = [];
  const { signal, concurrency } = context.tasks;
  const single: KnownManifest = (descriptor) => {
    if (isIndexMediaType(descriptor.mediaType)) return false;
    found.push(descriptor);
    return true;
  };
  for (const descriptor of known) {
    const load: LoadManifest = (wanted) => loadManifestBytes(context.from, wanted, { ...context.options, signal });
    for await (const node of walkGraph(descriptor, load, { signal, concurrency, known: single })) {
      if (node.kind === 'manifest') found.push(node.descriptor);
    }
  }
  return found;
}

function loader(root: CopyRoot, { from, options }: CopyContext): LoadManifest {
  return (descriptor, { signal }) => {
    if (root.bytes !== undefined && descriptor.digest === root.descriptor.digest) return root.bytes;
    return loadManifestBytes(from, descriptor, { ...options, signal });
  };
}

function once(
  kind: 'blob' | 'manifest',
  { digest }: Descriptor,
  { done }: CopyContext,
  work: () => Promise<void>,
): Promise<void> {
  return done.run(`${kind} ${digest}`, work);
}

/** Fulfilled when everything that a manifest names, and that is copied at all, is there. */
async function contentOf(parsed: ParsedManifest, { done }: CopyContext): Promise<void> {
  await Promise.all(successorsOf(parsed).map((descriptor) => done.of(`${kindOf(descriptor)} ${descriptor.digest}`)));
}

function kindOf({ mediaType }: Descriptor): 'blob' | 'manifest' {
  return isManifestMediaType(mediaType) ? 'manifest' : 'blob';
}

function bringBlob({ descriptor }: BlobNode, context: CopyContext): Promise<void> {
  const { tasks, tally, options, dryRun } = context;
  return once('blob', descriptor, context, () =>
    tasks.run(async (signal) => {
      const own = { ...options, signal };
      tally.blob(
        descriptor,
        dryRun ? await compare(descriptor, context, own) : await copyBlob(descriptor, context, own),
      );
    }),
  );
}

async function compare({ digest }: Descriptor, { to }: CopyEnds, options: OperationOptions): Promise<BlobOutcome> {
  return (await to.blob.stat(digest, { ...options, direct: true })) === undefined ? 'copied' : 'reused';
}

/** A manifest on its way. */
interface PendingManifest {
  readonly descriptor: Descriptor;
  /** Absent where too many wait: then they are read again. */
  readonly bytes: Uint8Array | undefined;
}

function pendingOf({ descriptor, bytes, parsed }: ManifestNode): PendingManifest {
  return { descriptor: { ...descriptor, mediaType: parsed.mediaType }, bytes };
}

function bringManifest(node: ManifestNode, context: CopyContext): Promise<void> {
  return once('manifest', node.descriptor, context, () => {
    const content = contentOf(node.parsed, context);
    const pending = pendingOf(node);
    if (context.memory.take(node.bytes.length)) return writeLater(pending, content, context);
    return writeLater({ ...pending, bytes: undefined }, content, context);
  });
}

async function writeLater(pending: PendingManifest, content: Promise<void>, context: CopyContext): Promise<void> {
  await content;
  await writeManifest(pending, context);
  context.memory.give(pending.bytes?.length ?? 0);
}

async function writeManifest(pending: PendingManifest, context: CopyContext, tag?: string): Promise<void> {
  context.tally.manifest();
  if (!context.dryRun) await putManifest(pending, context, tag);
}

function putManifest(pending: PendingManifest, context: CopyContext, tag: string | undefined): Promise<void> {
  const { from, to, tasks, options } = context;
  const { digest, mediaType } = pending.descriptor;
  return tasks.run(async (signal) => {
    const own = { ...options, signal };
    const bytes = pending.bytes ?? (await loadManifestBytes(from, pending.descriptor, own));
    await to.manifest.put(bytes, { ...own, mediaType, digest, tag }).catch((error: unknown) => {
      throw failureOf(error, 'destination', { digest, ...(tag === undefined ? {} : { tag }) });
    });
  });
}
