import type { ByteSource } from '../bytes/source.ts';
import { chunksOf } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import { contentCheck } from '../digest/verify-stream.ts';
import { IntegrityError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { BlobStore, Ingest } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RepositoryBlobs } from '../ports/registry.ts';
import type { Catalog } from './catalog.ts';
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
    ...(ingest === undefined ? {} : { ingest: async (id, options) => admitting(await ingest(id, options), catalog) }),
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

/** An ingest whose blob becomes one of the repository's when it is committed. */
function admitting(ingest: Ingest, catalog: Catalog): Ingest {
  return {
    id: ingest.id,
    get offset() {
      return ingest.offset;
    },
    append: (source, options) => ingest.append(source, options),
    commit: async (expected, options = {}) => {
      const committed = await ingest.commit(expected, options);
      const digest: Digest = committed.digest;
      if (await catalog.holds(digest, options)) return committed;
      await catalog.admit(digest, options);
      return { ...committed, created: true };
    },
    abort: () => ingest.abort(),
  };
}
