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
}

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
  checkOptions('walkGraph', options, ['limits', 'signal']);
  const walk: Walk = { load, limits: ociLimits(options.limits), signal: options.signal, seen: seenNodes() };
  yield* visit(root, 0, walk);
}

interface Walk {
  readonly load: LoadManifest;
  readonly limits: OciLimits;
  readonly signal: AbortSignal | undefined;
  readonly seen: SeenNodes;
}

async function* visit(descriptor: Descriptor, depth: number, walk: Walk): AsyncGenerator<GraphNode, void, undefined> {
  walk.signal?.throwIfAborted();
  const manifest = isManifestMediaType(descriptor.mediaType);
  if (!walk.seen.add(descriptor, manifest, walk.limits)) return;
  if (!manifest) {
    yield { kind: 'blob', descriptor, nonDistributable: isNonDistributable(descriptor), depth };
    return;
  }
  const bytes = await loadChecked(descriptor, walk);
  const parsed = parseManifest(bytes, { mediaType: descriptor.mediaType, limits: walk.limits });
  if (parsed.kind === 'index' && depth >= walk.limits.indexDepth)
    throw beyond('indexes inside one another', walk.limits.indexDepth);
  for (const successor of successorsOf(parsed)) yield* visit(successor, depth + 1, walk);
  yield { kind: 'manifest', descriptor, bytes, parsed, depth };
}

async function loadChecked(descriptor: Descriptor, walk: Walk): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (size > walk.limits.manifestBytes) throw beyond(`bytes in manifest ${digest}`, walk.limits.manifestBytes);
  const bytes = await walk.load(descriptor, { signal: walk.signal });
  if (bytes !== undefined) return verifyBytes(bytes, { digest, size });
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not there`, { digest });
}

interface SeenNodes {
  /** False where the node was seen before. */
  add(descriptor: Descriptor, manifest: boolean, limits: OciLimits): boolean;
}

function seenNodes(): SeenNodes {
  const sizes = new Map<string, number>();
  // A document read under another media type may mean something else, so that it is another node.
  const manifests = new Set<string>();
  const blobs = new Set<string>();
  return {
    add({ digest, size, mediaType }, manifest, limits) {
      const known = sizes.get(digest);
      if (known !== undefined && known !== size) throw twoSizes(digest, known, size);
      sizes.set(digest, size);
      const nodes = manifest ? manifests : blobs;
      const key = manifest ? `${digest} ${mediaType}` : digest;
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
