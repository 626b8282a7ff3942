import { pMapIterable } from 'p-map';
import { tarStream } from '../../../archive/write-tar.ts';
import type { TarEntry } from '../../../archive/tar-entry.ts';
import { checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import { compareBytewise, utf8 } from '../../../bytes/encoding.ts';
import { bytesSource, type ByteSource } from '../../../bytes/source.ts';
import { readAll } from '../../../bytes/stream.ts';
import { algorithmOf, hexOf, isDigest, type Digest } from '../../../digest/digest.ts';
import { cosignTag } from '../../../oci/cosign-tag.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { walkGraph } from '../../../oci/graph.ts';
import type { OciLimits } from '../../../oci/limits.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository } from '../../../ports/registry.ts';
import { withManifest } from './entries.ts';
import { emptyLayoutIndex, formatLayoutIndex, layoutMarker, type LayoutIndex } from './index-document.ts';
import { isLayoutName } from './names.ts';

/** A manifest to write, by tag or digest. */
export interface LayoutArchiveRoot {
  readonly reference: string;
  /** The tag in the archive: the reference, where that is one, by default. `null` for none. */
  readonly tag?: string | null | undefined;
}

/** What goes into an archive besides its roots. */
export interface WriteLayoutArchiveOptions extends OperationOptions {
  /**
   * Takes along what refers to the manifests, and to those, and so on: signatures and attestations, also those of
   * cosign 2 under tags. True by default.
   */
  readonly referrers?: boolean | undefined;
  readonly limits?: Partial<OciLimits> | undefined;
}

/** An archive that is about to be written. */
export interface LayoutArchive {
  /** The bytes of the tar. It fails when a blob is missing, or is not what its descriptor says. */
  readonly stream: ReadableStream<Uint8Array>;
  /** The manifests of the roots, in the order given. */
  readonly roots: readonly Descriptor[];
  /** How many blobs, manifests included, and how many bytes these have. */
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Writes manifests of any repository, and everything that belongs to them, as a layout in a tar: `oci-layout` and
 * `index.json` first, then the blobs bytewise. The same content gives the same bytes. Manifests are read before the
 * promise is kept; large blobs flow through one at a time and are never held, of small ones a few are read ahead.
 *
 * @throws StoreError `ERR_BLOB_NOT_FOUND` for a root or a manifest that is not there; FormatError for one that is not
 * valid; UsageError `ERR_INVALID_ARGUMENT`, `ERR_INVALID_REFERENCE`.
 */
export async function layoutArchiveStream(
  repository: Repository,
  roots: readonly LayoutArchiveRoot[],
  options: WriteLayoutArchiveOptions = {},
): Promise<LayoutArchive> {
  checkOptions('layoutArchiveStream', options, ['referrers', 'limits', ...operationKeys]);
  const found: Descriptor[] = [];
  const content = new Map<Digest, ArchivedBlob>();
  let index = emptyLayoutIndex;
  for (const root of roots) {
    const descriptor = await resolveRoot(repository, root, options);
    found.push(descriptor);
    index = await gather({ repository, content, options }, index, { descriptor, tag: tagOf(root) });
  }
  const sizes = [...content.values()].map(({ descriptor }) => descriptor.size);
  return {
    stream: tarStream(entriesOf(repository, index, content, options), { order: 'given', signal: options.signal }),
    roots: found,
    blobs: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

function tagOf({ reference, tag = isDigest(reference) ? null : reference }: LayoutArchiveRoot): string | undefined {
  if (tag === null) return undefined;
  if (isLayoutName(tag)) return tag;
  throw new UsageError('ERR_INVALID_REFERENCE', `tag ${JSON.stringify(tag.slice(0, 160))} is not a tag`, {
    argument: 'tag',
  });
}

async function resolveRoot(
  repository: Repository,
  { reference }: LayoutArchiveRoot,
  { signal }: OperationOptions,
): Promise<Descriptor> {
  const found = await repository.resolve(reference, { signal });
  if (found !== undefined) return found;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${reference} is not in ${repository.id}`, {
    store: repository.id,
  });
}

interface ArchivedBlob {
  readonly descriptor: Descriptor;
  readonly manifest: boolean;
}

interface Gathering {
  readonly repository: Repository;
  readonly content: Map<Digest, ArchivedBlob>;
  readonly options: WriteLayoutArchiveOptions;
}

interface Listed {
  readonly descriptor: Descriptor;
  readonly tag?: string | undefined;
}

/** Adds a manifest, what it names, and what refers to any of these, to the content and to the index. */
async function gather(gathering: Gathering, index: LayoutIndex, root: Listed): Promise<LayoutIndex> {
  const { repository, content, options } = gathering;
  const { signal, limits, referrers = true } = options;
  const waiting = [root];
  let listed = index;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const load = async (wanted: Descriptor): Promise<Uint8Array | undefined> =>
      (await repository.manifest.get(wanted.digest, { signal }))?.bytes;
    const children: Digest[] = [];
    for await (const node of walkGraph(next.descriptor, load, { signal, limits })) {
      const { descriptor } = node;
      const manifest = node.kind === 'manifest';
      if (manifest && descriptor.digest !== next.descriptor.digest) children.push(descriptor.digest);
      if (content.has(descriptor.digest) || (node.kind === 'blob' && node.nonDistributable)) continue;
      content.set(descriptor.digest, { descriptor, manifest });
      if (manifest && referrers) {
        const answer = await repository.referrers(descriptor.digest, { signal });
        waiting.push(...answer.referrers.map((referrer) => ({ descriptor: factsOf(referrer) })));
        if (next === root) waiting.push(...(await legacyReferrers(gathering, descriptor)));
      }
    }
    listed = withManifest(listed, { descriptor: factsOf(next.descriptor), children, tag: next.tag });
  }
  return listed;
}

/** What cosign 2 keeps about a manifest, under tags beside it. */
async function legacyReferrers(
  { repository, options: { signal } }: Gathering,
  { digest }: Descriptor,
): Promise<readonly Listed[]> {
  if (algorithmOf(digest) !== 'sha256') return [];
  const tags = (['sig', 'att'] as const).map((suffix) => cosignTag(digest, suffix));
  const found = await Promise.all(tags.map((tag) => repository.resolve(tag, { signal })));
  return found.flatMap((descriptor, index) => {
    return descriptor === undefined ? [] : [{ descriptor: factsOf(descriptor), tag: tags[index] }];
  });
}

/** An entry of the index says nothing of its manifest's annotations, as in a layout folder. */
function factsOf({ mediaType, digest, size, artifactType }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }) };
}

/** Blobs up to this size are read ahead, a few at once: far away, each alone would take as long as many. */
const smallBlob = 1024 * 1024;
const concurrency = 8;

async function* entriesOf(
  repository: Repository,
  index: LayoutIndex,
  content: ReadonlyMap<Digest, ArchivedBlob>,
  options: OperationOptions,
): AsyncGenerator<TarEntry, void, undefined> {
  yield { path: 'oci-layout', type: 'file', source: bytesSource(utf8(layoutMarker)) };
  yield { path: 'index.json', type: 'file', source: bytesSource(formatLayoutIndex(index)) };
  const blobs = [...content.values()].sort((a, b) => compareBytewise(a.descriptor.digest, b.descriptor.digest));
  const entryOf = async (blob: ArchivedBlob): Promise<TarEntry> => {
    const { digest } = blob.descriptor;
    const path = `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
    return { path, type: 'file', source: await readAhead(contentOf(repository, blob, options), options) };
  };
  yield* pMapIterable(blobs, entryOf, { concurrency });
}

/** What cannot be read now is opened in its turn, and fails there. */
async function readAhead(source: SizedSource, { signal }: OperationOptions): Promise<ByteSource> {
  const { size } = source;
  if (size > smallBlob) return source;
  try {
    const bytes = await readAll(await source.open(), { limit: smallBlob, signal });
    return { ...bytesSource(bytes), size };
  } catch {
    return source;
  }
}

interface SizedSource extends ByteSource {
  readonly size: number;
}

function contentOf(repository: Repository, blob: ArchivedBlob, { signal }: OperationOptions): SizedSource {
  const { digest, size } = blob.descriptor;
  return {
    size,
    open: async () => {
      if (blob.manifest) {
        const found = await repository.manifest.get(digest, { signal });
        if (found !== undefined) return bytesSource(found.bytes).open();
      } else {
        const found = await repository.blob.get(digest, { signal });
        if (found !== undefined) return found.open({ signal });
      }
      throw new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} is not in ${repository.id}`, {
        store: repository.id,
        digest,
      });
    },
  };
}
