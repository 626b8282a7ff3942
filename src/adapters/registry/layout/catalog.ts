import type { Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { ListOptions, TagOptions } from '../../../ports/registry.ts';
import type { Catalog, KnownManifest } from '../../../registry/catalog.ts';
import { blobInUse } from '../../../registry/repository-blobs.ts';
import { tagMoved } from '../../../registry/tag-moved.ts';
import type { LayoutDocuments, LayoutParts } from './documents.ts';
import { withManifest, withoutManifest, withoutTag, withTag } from './entries.ts';
import { emptyLayoutIndex, type LayoutIndex } from './index-document.ts';
import { entriesNamed, isAside, isLayoutName, layoutTags } from './names.ts';
import { isReachable } from './reachable.ts';
import { layoutReferrers } from './referrers.ts';
import { compareBytewise } from '../../../bytes/encoding.ts';

/**
 * The catalog of a layout: its `index.json`. A layout is one repository, so every blob in it is one of the
 * repository's, and a manifest that the index does not list is found by its digest.
 */
export function layoutCatalog(parts: LayoutParts): Catalog {
  const { documents, blobs } = parts;
  const referrers = layoutReferrers(parts);
  return {
    isTag: isLayoutName,
    holds: async (digest, options) => (await blobs.stat(digest, options)) !== undefined,
    admit: () => Promise.resolve(),
    release: (digest, _confirm, options) => releaseBlob(parts, digest, options),
    exists: async (options) => (await documents.read(options)) !== emptyLayoutIndex,
    manifest: (digest, options) => findManifest(parts, digest, options),
    tagged: async (name, options) => {
      const [entry] = entriesNamed(await documents.read(options), name);
      return entry && knownOf(entry);
    },
    add: (entry, confirm, options) =>
      documents.locked(async (session) => {
        await confirm();
        await session.change((index) => withManifest(index, entry));
      }, options),
    setTag: (name, descriptor, confirm, options) => pointTag(parts, { name, descriptor, confirm }, options),
    removeTag: (name, options) => removeTag(parts, name, options),
    remove: (digest, options) => removeManifest(parts, digest, options),
    manifests: (options) => listManifests(documents, options),
    tags: (options) => listTags(documents, options),
    referrers,
  };
}

function knownOf(entry: Descriptor): KnownManifest {
  const { digest, mediaType, size } = entry;
  return { digest, mediaType, size, aside: isAside(entry) };
}

async function findManifest(
  { documents, blobs }: LayoutParts,
  digest: Digest,
  options: OperationOptions,
): Promise<KnownManifest | undefined> {
  const { manifests } = await documents.read(options);
  const entry = manifests.find((candidate) => candidate.digest === digest);
  if (entry !== undefined) return knownOf(entry);
  return (await blobs.stat(digest, options)) && { digest };
}

interface NewTag {
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly confirm: () => Promise<void>;
}

async function pointTag({ documents }: LayoutParts, tag: NewTag, options: TagOptions): Promise<void> {
  const { name, descriptor, confirm } = tag;
  const { ifMatch, ...operation } = options;
  await documents.locked(async (session) => {
    await confirm();
    await session.change((index) => {
      if (ifMatch !== undefined) checkMatch(index, name, ifMatch);
      return withTag(index, name, descriptor);
    });
  }, operation);
}

function checkMatch(index: LayoutIndex, name: string, ifMatch: Digest | null): void {
  const now = entriesNamed(index, name)[0]?.digest ?? null;
  if (now !== ifMatch) throw tagMoved(name, ifMatch, now);
}

async function removeTag({ documents }: LayoutParts, name: string, options: OperationOptions): Promise<boolean> {
  if (entriesNamed(await documents.read(options), name).length === 0) return false;
  return documents.locked((session) => session.change((index) => withoutTag(index, name)), options);
}

/**
 * Forgets a manifest, and removes its blob: a layout finds manifests by their bytes, so that one which stayed would
 * still be there.
 */
async function removeManifest(parts: LayoutParts, digest: Digest, options: OperationOptions): Promise<boolean> {
  const { documents, blobs } = parts;
  if ((await findManifest(parts, digest, options)) === undefined) return false;
  return documents.locked(async (session) => {
    const listed = await session.change((index) => withoutManifest(index, digest));
    if (!(await isReachable(parts, digest, options))) return (await blobs.delete(digest, options)) || listed;
    if (listed) return true;
    throw insideAnother(digest, documents.id);
  }, options);
}

/** In a layout a blob is there as its file is, which goes, unless the index leads to it. */
function releaseBlob(parts: LayoutParts, digest: Digest, options: OperationOptions): Promise<boolean> {
  return parts.documents.locked(async () => {
    if (await isReachable(parts, digest, options)) throw blobInUse(digest, undefined, parts.documents.id);
    return parts.blobs.delete(digest, options);
  }, options);
}

function insideAnother(digest: Digest, id: string): StoreError {
  return new StoreError('ERR_CONFLICT', `manifest ${digest} is part of an index in ${id}`, {
    store: id,
    digest,
    hint: 'delete the index that names it first',
  });
}

async function* listManifests(
  documents: LayoutDocuments,
  options: OperationOptions,
): AsyncGenerator<KnownManifest, void, undefined> {
  const seen = new Set<Digest>();
  for (const entry of (await documents.read(options)).manifests) {
    if (seen.has(entry.digest)) continue;
    seen.add(entry.digest);
    yield knownOf(entry);
  }
}

async function* listTags(documents: LayoutDocuments, options: ListOptions): AsyncGenerator<string, void, undefined> {
  const { after, limit = Infinity, ...operation } = options;
  const tags = layoutTags(await documents.read(operation));
  yield* tags.filter((tag) => after === undefined || compareBytewise(tag, after) > 0).slice(0, limit);
}
