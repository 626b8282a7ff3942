import { bytesSource } from '../bytes/source.ts';
import { digestOf, isDigest, type Digest } from '../digest/digest.ts';
import { verifyBytes } from '../digest/verify-stream.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isManifestMediaType } from '../oci/media-types.ts';
import { compareBytewise } from '../bytes/encoding.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type {
  PutManifestOptions,
  ReferrersAnswer,
  ReferrersOptions,
  Repository,
  RepositoryCapabilities,
  StoredManifest,
  TagOptions,
} from '../ports/registry.ts';
import type { Catalog } from './catalog.ts';
import { loadManifest, type LoadedManifest } from './load-manifest.ts';
import { manifestFacts, missingContent, type ManifestFacts } from './manifest-facts.ts';
import { rootManifests } from './root-manifests.ts';
import { repositoryBlobs } from './repository-blobs.ts';

/** Names the ingests of a repository, so that no other repository can go on with them. */
export interface IngestNames {
  /** The name under which an ingest of this repository is told to others. */
  seal(id: string, options: OperationOptions): Promise<string>;
  /** undefined for what was not sealed here. */
  open(sealed: string, options: OperationOptions): Promise<string | undefined>;
}

/** What a repository is made of. */
export interface RepositoryParts {
  readonly name: string;
  /** Names the repository in errors and events. */
  readonly id: string;
  readonly blobs: BlobStore;
  readonly catalog: Catalog;
  readonly capabilities: RepositoryCapabilities;
  /** Needed where several repositories share the blob store. */
  readonly ingests?: IngestNames | undefined;
  /** Makes a blob of another repository one of this, without its bytes travelling. */
  readonly mount?: ((digest: Digest, from: string, options: OperationOptions) => Promise<boolean>) | undefined;
}

/**
 * A repository over a blob store, which has the bytes, and a catalog, which knows whose they are.
 *
 * Every manifest is parsed on the way in, and checked against its digest on the way in and on the way out.
 */
export function createRepository(parts: RepositoryParts): Repository {
  const { name, id, blobs, catalog, capabilities } = parts;
  return {
    name,
    id,
    capabilities,
    manifest: {
      get: (reference, options = {}) => getManifest(parts, reference, options),
      put: (bytes, options) => putManifest(parts, bytes, options),
    },
    blob: repositoryBlobs(parts),
    exists: (options = {}) => catalog.exists(options),
    resolve: async (reference, options = {}) => (await getManifest(parts, reference, options))?.descriptor,
    tags: (options = {}) => catalog.tags(options),
    roots: (options = {}) => rootManifests(blobs, catalog, options),
    tag: (tag, descriptor, options = {}) => setTag(parts, tag, descriptor, options),
    delete: (reference, options = {}) =>
      isDigest(reference) ? catalog.remove(reference, options) : catalog.removeTag(checkTag(parts, reference), options),
    referrers: (subject, options = {}) => listReferrers(catalog, subject, options),
  };
}

function checkTag({ catalog, id }: RepositoryParts, name: string): string {
  if (catalog.isTag(name)) return name;
  throw new UsageError('ERR_INVALID_REFERENCE', `tag ${JSON.stringify(name.slice(0, 160))} is not a tag of ${id}`, {
    argument: 'reference',
  });
}

async function getManifest(
  parts: RepositoryParts,
  reference: string,
  options: OperationOptions,
): Promise<StoredManifest | undefined> {
  options.signal?.throwIfAborted();
  if (isDigest(reference)) {
    const known = await parts.catalog.manifest(reference, options);
    const found = known && (await loadManifest(parts.blobs, known, options));
    return found && stored(found);
  }
  const known = await parts.catalog.tagged(checkTag(parts, reference), options);
  if (known === undefined) return undefined;
  const found = await loadManifest(parts.blobs, known, options);
  if (found === undefined) throw notThere(parts, known.digest, `manifest of tag ${reference}`);
  return stored(found);
}

function stored({ bytes, facts }: LoadedManifest): StoredManifest {
  return { bytes, descriptor: facts.descriptor };
}

async function putManifest(
  parts: RepositoryParts,
  bytes: Uint8Array,
  options: PutManifestOptions,
): Promise<Descriptor> {
  const { mediaType, tag, signal, onEvent, parent } = options;
  const operation = { signal, onEvent, parent };
  signal?.throwIfAborted();
  if (tag !== undefined) checkTag(parts, tag);
  // A copy: what was checked is what is stored, whatever the caller does to its array meanwhile.
  const own = new Uint8Array(bytes);
  const digest = options.digest ?? digestOf(own);
  const facts = manifestFacts(verifyBytes(own, { digest }), { digest, mediaType });
  const confirm = (): Promise<void> => confirmContent(parts, facts, operation);
  await confirm();
  await parts.blobs.put(digest, bytesSource(own), operation);
  await parts.catalog.add({ ...facts, tag }, confirm, operation);
  return facts.descriptor;
}

/** Fails unless everything that a manifest names, but its subject, is in the repository. */
async function confirmContent(parts: RepositoryParts, facts: ManifestFacts, options: OperationOptions): Promise<void> {
  const missing: Descriptor[] = [];
  for (const needed of facts.content) if (!(await hasContent(parts, needed, options))) missing.push(needed);
  if (missing.length > 0) throw missingContent(facts.descriptor, missing, parts.id);
}

async function hasContent(
  { blobs, catalog }: RepositoryParts,
  needed: Descriptor,
  options: OperationOptions,
): Promise<boolean> {
  const { digest, mediaType, size } = needed;
  const known = isManifestMediaType(mediaType)
    ? (await catalog.manifest(digest, options)) !== undefined
    : await catalog.holds(digest, options);
  return known && (await blobs.stat(digest, options))?.size === size;
}

async function setTag(
  parts: RepositoryParts,
  name: string,
  descriptor: Descriptor,
  options: TagOptions,
): Promise<void> {
  const { signal, onEvent, parent } = options;
  const operation = { signal, onEvent, parent };
  signal?.throwIfAborted();
  checkTag(parts, name);
  const known = await parts.catalog.manifest(descriptor.digest, operation);
  const found = known && (await loadManifest(parts.blobs, known, operation));
  if (found === undefined) throw notThere(parts, descriptor.digest, 'manifest');
  const confirm = async (): Promise<void> => {
    if ((await parts.catalog.manifest(descriptor.digest, operation)) !== undefined) return;
    throw notThere(parts, descriptor.digest, 'manifest');
  };
  await parts.catalog.setTag(name, found.facts.descriptor, confirm, options);
}

function notThere(parts: RepositoryParts, digest: Digest, what: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `${what} ${digest} is not in ${parts.id}`, {
    store: parts.blobs.id,
    digest,
  });
}

async function listReferrers(catalog: Catalog, subject: Digest, options: ReferrersOptions): Promise<ReferrersAnswer> {
  const { artifactType, after, limit = Infinity } = options;
  const { referrers, from } = await catalog.referrers(subject, options);
  const wanted = referrers
    .filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType)
    .filter((referrer) => after === undefined || compareBytewise(referrer.digest, after) > 0)
    .sort((a, b) => compareBytewise(a.digest, b.digest))
    .slice(0, limit);
  return { referrers: wanted, from };
}
