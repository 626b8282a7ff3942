import { checkOptions } from '../bytes/check-options.ts';
import { verifyBytes } from '../digest/verify-stream.ts';
import { FormatError, StoreError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { ociLimits, type OciLimits } from './limits.ts';
import { isManifestMediaType, isNonDistributableMediaType } from './media-types.ts';
import { parseManifest, type ParsedManifest } from './parse-manifest.ts';

/** What a document is made of: config and layers of a manifest, manifests of an index. Its subject is not among them. */
export function successorsOf(parsed: ParsedManifest): readonly Descriptor[] {
  if (parsed.kind === 'index') return parsed.document.manifests;
  return [parsed.document.config, ...parsed.document.layers];
}

/** True for a layer that a copy leaves where it is: its author forbids to hand it on, and says where to get it. */
export function isNonDistributable(descriptor: Descriptor): boolean {
  return isNonDistributableMediaType(descriptor.mediaType);
}

/** One thing in a graph, by its digest. */
export type GraphNode = ManifestNode | BlobNode;

/** A manifest or an index, whose bytes were checked against its descriptor. */
export interface ManifestNode {
  readonly kind: 'manifest';
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly parsed: ParsedManifest;
  /** How many documents lie around it; 0 for the root. */
  readonly depth: number;
}

/** Anything else: a config or a layer. It is not loaded. */
export interface BlobNode {
  readonly kind: 'blob';
  readonly descriptor: Descriptor;
  /** True for a layer that a copy leaves where it is. */
  readonly nonDistributable: boolean;
  readonly depth: number;
}

/** Gives the bytes of a manifest; undefined where it is not there. */
export type LoadManifest = (
  descriptor: Descriptor,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** How a graph is walked. */
export interface WalkOptions {
  readonly limits?: Partial<OciLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many manifests of one index are loaded ahead, where each is a round trip; 1, which is none, by default. */
  readonly concurrency?: number | undefined;
  /** True for a manifest that need not be walked: neither it nor what it is made of is loaded or given. */
  readonly known?: KnownManifest | undefined;
}

/** Tells that a manifest, and with it everything that it is made of, is dealt with. */
export type KnownManifest = (
  descriptor: Descriptor,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<boolean> | boolean;

/**
 * Walks everything below a manifest, each digest once, and always what a document is made of before the document:
 * the root comes last. Subjects are not followed.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for too many indexes inside one another, manifests or blobs, and
 * `ERR_MANIFEST_INVALID` where one digest is given two sizes.
 * @throws IntegrityError where loaded bytes are not those of their descriptor.
 * @throws StoreError `ERR_BLOB_NOT_FOUND` where a manifest is not there.
 */
export async function* walkGraph(
  root: Descriptor,
  load: LoadManifest,
  options: WalkOptions = {},
): AsyncGenerator<GraphNode, void, undefined> {
  checkOptions('walkGraph', options, ['limits', 'signal', 'concurrency', 'known']);
  const { known, concurrency = 1 } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const ahead = loadsAhead({ load, limits: ociLimits(options.limits), signal, known }, concurrency);
  try {
    yield* visit(root, 0, { limits: ociLimits(options.limits), signal: options.signal, seen: seenNodes(), ahead });
  } finally {
    stop.abort();
    await ahead.settled();
  }
}

interface Walk {
  readonly limits: OciLimits;
  readonly signal: AbortSignal | undefined;
  readonly seen: SeenNodes;
  readonly ahead: LoadsAhead;
}

async function* visit(descriptor: Descriptor, depth: number, walk: Walk): AsyncGenerator<GraphNode, void, undefined> {
  walk.signal?.throwIfAborted();
  const manifest = isManifestMediaType(descriptor.mediaType);
  if (!walk.seen.add(descriptor, manifest, walk.limits)) return;
  if (!manifest) {
    yield { kind: 'blob', descriptor, nonDistributable: isNonDistributable(descriptor), depth };
    return;
  }
  const bytes = await walk.ahead.take(descriptor);
  if (bytes === undefined) return;
  const parsed = parseManifest(bytes, { mediaType: descriptor.mediaType, limits: walk.limits });
  if (parsed.kind === 'index' && depth >= walk.limits.indexDepth)
    throw beyond('indexes inside one another', walk.limits.indexDepth);
  const successors = successorsOf(parsed);
  for (const [index, successor] of successors.entries()) {
    if (parsed.kind === 'index') walk.ahead.begin(successors, index);
    yield* visit(successor, depth + 1, walk);
  }
  yield { kind: 'manifest', descriptor, bytes, parsed, depth };
}

interface Loading {
  readonly load: LoadManifest;
  readonly limits: OciLimits;
  readonly signal: AbortSignal;
  readonly known: KnownManifest | undefined;
}

/** Manifests that are loaded before their turn. */
interface LoadsAhead {
  /** Starts to load what comes next in a list. */
  begin(list: readonly Descriptor[], from: number): void;
  /** The bytes of a manifest, checked; undefined for one that is known. */
  take(descriptor: Descriptor): Promise<Uint8Array | undefined>;
  /** Waits for what was started and never taken. */
  settled(): Promise<void>;
}

function loadsAhead(loading: Loading, concurrency: number): LoadsAhead {
  const begun = new Map<string, Promise<Uint8Array | undefined>>();
  const start = (descriptor: Descriptor): void => {
    if (begun.has(keyOf(descriptor)) || !isManifestMediaType(descriptor.mediaType)) return;
    const bytes = loadChecked(descriptor, loading);
    // Its failure is met by whoever takes it; without this it would count as unhandled until then.
    bytes.catch(() => undefined);
    begun.set(keyOf(descriptor), bytes);
  };
  return {
    begin: (list, from) => {
      if (concurrency > 1) list.slice(from, from + concurrency).forEach(start);
    },
    take: (descriptor) => {
      const bytes = begun.get(keyOf(descriptor)) ?? loadChecked(descriptor, loading);
      // An entry without bytes stays, so that nobody loads it again for a second place that names it.
      if (begun.has(keyOf(descriptor))) begun.set(keyOf(descriptor), nothing);
      return bytes;
    },
    settled: async () => {
      await Promise.allSettled(begun.values());
    },
  };
}

const nothing: Promise<undefined> = Promise.resolve(undefined);

async function loadChecked(
  descriptor: Descriptor,
  { load, limits, signal, known }: Loading,
): Promise<Uint8Array | undefined> {
  const { digest, size } = descriptor;
  if (size > limits.manifestBytes) throw beyond(`bytes in manifest ${digest}`, limits.manifestBytes);
  if (known !== undefined && (await known(descriptor, { signal }))) return undefined;
  const bytes = await load(descriptor, { signal });
  if (bytes !== undefined) return verifyBytes(bytes, { digest, size });
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not there`, { digest });
}

/** A document read under another media type may mean something else, so that it is another node. */
function keyOf({ digest, mediaType }: Descriptor): string {
  return `${digest} ${mediaType}`;
}

interface SeenNodes {
  /** False where the node was seen before. */
  add(descriptor: Descriptor, manifest: boolean, limits: OciLimits): boolean;
}

function seenNodes(): SeenNodes {
  const sizes = new Map<string, number>();
  const manifests = new Set<string>();
  const blobs = new Set<string>();
  return {
    add(descriptor, manifest, limits) {
      const { digest, size } = descriptor;
      const known = sizes.get(digest);
      if (known !== undefined && known !== size) throw twoSizes(digest, known, size);
      sizes.set(digest, size);
      const nodes = manifest ? manifests : blobs;
      const key = manifest ? keyOf(descriptor) : digest;
      if (nodes.has(key)) return false;
      const limit = manifest ? limits.manifests : limits.blobs;
      if (nodes.size >= limit) throw beyond(manifest ? 'manifests' : 'blobs', limit);
      nodes.add(key);
      return true;
    },
  };
}

function beyond(what: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `graph has more ${what} than the limit of ${String(limit)}`, {
    details: { limit },
  });
}

function twoSizes(digest: string, first: number, second: number): FormatError {
  return new FormatError(
    'ERR_MANIFEST_INVALID',
    `graph gives ${digest} the sizes ${String(first)} and ${String(second)}, expected one`,
    { details: { digest, sizes: [first, second] } },
  );
}
