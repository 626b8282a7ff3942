import type { ByteSource } from '../bytes/source.ts';
import { chunksOf } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import { contentCheck } from '../digest/verify-stream.ts';
import { IntegrityError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { BlobStore, Ingest } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RepositoryBlobs } from '../ports/registry.ts';
import type { Catalog } from './catalog.ts';
import { loadManifest } from './load-manifest.ts';
import type { RepositoryParts } from './repository.ts';

/** The blobs of a repository: those of the store that its catalog holds, and no others. */
export function repositoryBlobs(parts: RepositoryParts): RepositoryBlobs {
  const { blobs, catalog, mount } = parts;
  const ingest = blobs.ingest?.bind(blobs);
  return {
    get: async (digest, options = {}) =>
      (await catalog.holds(digest, options)) ? blobs.get(digest, options) : undefined,
    stat: async (digest, options = {}) => {
      const found = (await catalog.holds(digest, options)) ? await blobs.stat(digest, options) : undefined;
      return found && { size: found.size };
    },
    put: (descriptor, source, options = {}) => putBlob(parts, descriptor, source, options),
    mount: async (digest, from, options = {}) => {
      options.signal?.throwIfAborted();
      return mount === undefined ? false : mount(digest, from, options);
    },
    delete: async (digest, options = {}) => {
      options.signal?.throwIfAborted();
      if (!(await catalog.holds(digest, options))) return false;
      return catalog.release(digest, () => confirmUnnamed(parts, digest, options), options);
    },
    ...(ingest === undefined ? {} : { ingest: (id, options = {}) => openIngest(parts, ingest, id, options) }),
  };
}

async function putBlob(
  { blobs, catalog }: RepositoryParts,
  descriptor: Descriptor,
  source: ByteSource,
  options: OperationOptions,
): Promise<{ readonly created: boolean }> {
  const { digest } = descriptor;
  options.signal?.throwIfAborted();
  if (source.size !== undefined) checkSize(descriptor, source.size);
  const held = await catalog.holds(digest, options);
  // Also where the blob is there: the store notes that a writer relies on it, which keeps a sweep away.
  const { created } = await blobs.put(digest, source, options);
  // The store had the blob from another repository and never read the source. Who only knows a digest must not get
  // the bytes by claiming to have them.
  if (!created && !held) await provePossession(descriptor, source, options);
  await checkStored(blobs, descriptor, options);
  if (!held) await catalog.admit(digest, options);
  return { created: created || !held };
}

async function provePossession(descriptor: Descriptor, source: ByteSource, options: OperationOptions): Promise<void> {
  const { signal } = options;
  const check = contentCheck(descriptor);
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) check.update(chunk);
  check.end();
}

async function checkStored(blobs: BlobStore, descriptor: Descriptor, options: OperationOptions): Promise<void> {
  const stored = await blobs.stat(descriptor.digest, options);
  if (stored !== undefined) checkSize(descriptor, stored.size);
}

function checkSize({ digest, size }: Descriptor, actual: number): void {
  if (actual === size) return;
  throw new IntegrityError('ERR_SIZE_MISMATCH', `blob ${digest} has ${actual} bytes, expected ${size}`, {
    expected: String(size),
    actual: String(actual),
  });
}

/** Fails where a manifest of the repository names the blob: no tag ever points at a hole. */
async function confirmUnnamed(parts: RepositoryParts, digest: Digest, options: OperationOptions): Promise<void> {
  for await (const known of parts.catalog.manifests(options)) {
    const manifest = await loadManifest(parts.blobs, known, options);
    if (manifest?.facts.content.some((content) => content.digest === digest) === true) {
      throw blobInUse(digest, known.digest, parts.id);
    }
  }
}

/** The error of a blob that is not deleted, as a manifest names it. */
export function blobInUse(digest: Digest, manifest: Digest | undefined, repository: string): StoreError {
  const by = manifest === undefined ? 'a manifest' : `manifest ${manifest}`;
  return new StoreError('ERR_CONFLICT', `blob ${digest} is part of ${by} in ${repository}`, {
    digest,
    hint: 'delete the manifests that name it first',
  });
}

type OpenIngest = NonNullable<BlobStore['ingest']>;

async function openIngest(
  { blobs, catalog, ingests }: RepositoryParts,
  open: OpenIngest,
  id: string | undefined,
  options: OperationOptions,
): Promise<Ingest> {
  const inner = id === undefined || ingests === undefined ? id : await ingests.open(id, options);
  if (id !== undefined && inner === undefined) throw unknownIngest(id, blobs.id);
  const ingest = await open(inner, options);
  return admitting(ingest, id ?? (await ingests?.seal(ingest.id, options)) ?? ingest.id, catalog);
}

function unknownIngest(id: string, store: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `ingest ${JSON.stringify(id.slice(0, 100))} is not there`, { store });
}

/** An ingest whose blob becomes one of the repository's when it is committed. */
function admitting(ingest: Ingest, id: string, catalog: Catalog): Ingest {
  return {
    id,
    get offset() {
      return ingest.offset;
    },
    append: (source, options) => ingest.append(source, options),
    commit: async (expected, options = {}) => {
      const committed = await ingest.commit(expected, options);
      const digest: Digest = committed.digest;
      // The ingest is over, and cannot be asked again: who aborts now would leave a blob that is in no repository.
      if (await catalog.holds(digest, {})) return committed;
      await catalog.admit(digest, {});
      return { ...committed, created: true };
    },
    abort: () => ingest.abort(),
  };
}
