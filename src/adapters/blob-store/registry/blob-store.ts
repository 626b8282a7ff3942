import { checkOptions } from '../../../bytes/check-options.ts';
import { digestOf, parseDigest, type Digest } from '../../../digest/digest.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import { isRepositoryName } from '../../../oci/reference.ts';
import type { BlobStat, BlobStore, StoredBlob } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Registry, Repository } from '../../../ports/registry.ts';
import { orStoreFailure, storeStream, type Attempt } from './failure.ts';
import { openIngest } from './ingest.ts';
import { listPinned } from './list-pinned.ts';
import { pinOf, readPin, tagOf } from './pin.ts';
import { putBlob } from './put-blob.ts';

/** Which repository keeps the blobs. */
export interface RegistryBlobStoreOptions {
  readonly registry: Registry;
  /** A repository that nothing else writes to, `team/store` for example. */
  readonly repository: string;
}

/**
 * A repository of any registry as a blob store.
 *
 * Registries collect blobs that no manifest names. So each blob has a pin: a small manifest that names it and nothing
 * else, under a tag made of the digest, `blob-sha256-…`. A blob is there when both are, and is listed by its tag. The
 * pin of a blob is always the same bytes, so writers at once, from any number of processes, cannot undo one another on
 * any registry.
 *
 * What it costs and what it cannot do:
 * - a put is an upload and a manifest, a look is two questions at once, a list is one question per blob;
 * - registries limit the tags of a repository (some at 10,000), and their rates: it is for hundreds of blobs;
 * - `delete` takes the pin away, and the bytes where the registry deletes blobs one by one; elsewhere they go when the
 *   registry collects. Where it deletes no manifests, that is a `UsageError` `ERR_UNSUPPORTED` if it is known before,
 *   else a `StoreError` `ERR_STORE_WRITE`;
 * - there is no `modifiedAt`: a collection of garbage by age alone keeps everything, one with marks does not;
 * - a source whose size is not known is read twice where the registry has no `ingest`, as over HTTP.
 *
 * Errors of the registry come as `StoreError`, with the `RegistryError` as their cause.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown.
 */
export function registryBlobStore(options: RegistryBlobStoreOptions): BlobStore {
  checkOptions('registryBlobStore', options, ['registry', 'repository']);
  const { registry, repository: name } = options;
  if (typeof (registry as Partial<Registry> | undefined)?.repository !== 'function') {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'registry of registryBlobStore is no registry', {
      argument: 'registry',
    });
  }
  if (!isRepositoryName(name)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `repository ${JSON.stringify(String(name))} is not a name of one`, {
      argument: 'repository',
    });
  }
  return storeOf(registry.repository(name));
}

function storeOf(repository: Repository): BlobStore {
  const store = repository.id;
  const ingest = repository.blob.ingest?.bind(repository.blob);
  return {
    id: store,
    abilities: { ingest: ingest !== undefined, range: repository.capabilities.range, list: true },
    put: async (digest, source, operation = {}) => {
      operation.signal?.throwIfAborted();
      return putBlob(repository, parseDigest(digest), source, operation);
    },
    get: async (digest, operation = {}) => {
      operation.signal?.throwIfAborted();
      return getBlob(repository, parseDigest(digest), operation);
    },
    stat: async (digest, operation = {}) => {
      operation.signal?.throwIfAborted();
      const known = parseDigest(digest);
      return orStoreFailure(attemptOf(store, 'read', known), () => statBlob(repository, known, operation));
    },
    delete: async (digest, operation = {}) => {
      operation.signal?.throwIfAborted();
      const known = parseDigest(digest);
      return orStoreFailure(attemptOf(store, 'write', known), () => deleteBlob(repository, known, operation));
    },
    list: (operation = {}) => listPinned(repository, operation),
    ...(ingest === undefined ? {} : { ingest: (id, operation = {}) => openIngest(repository, ingest, id, operation) }),
  };
}

function attemptOf(store: string, action: 'read' | 'write', digest: Digest): Attempt {
  return { store, action, what: `blob ${digest}` };
}

async function statBlob(
  repository: Repository,
  digest: Digest,
  options: OperationOptions,
): Promise<BlobStat | undefined> {
  const [pinned, found] = await Promise.all([
    readPin(repository, tagOf(digest), options),
    repository.blob.stat(digest, options),
  ]);
  return pinned === undefined || found === undefined ? undefined : pinned;
}

async function getBlob(
  repository: Repository,
  digest: Digest,
  options: OperationOptions,
): Promise<StoredBlob | undefined> {
  const attempt = attemptOf(repository.id, 'read', digest);
  const [pinned, blob] = await orStoreFailure(attempt, () =>
    Promise.all([readPin(repository, tagOf(digest), options), repository.blob.get(digest, options)]),
  );
  if (pinned === undefined || blob === undefined) return undefined;
  const opened = async (open: () => Promise<ReadableStream<Uint8Array>>): Promise<ReadableStream<Uint8Array>> =>
    storeStream(await orStoreFailure(attempt, open), attempt);
  return {
    size: blob.size,
    open: (operation) => opened(() => blob.open(operation)),
    openUnverifiedRange: (start, end, operation) => opened(() => blob.openUnverifiedRange(start, end, operation)),
  };
}

/** The pin first: bytes without a pin are invisible, and a pin without bytes would not be. */
async function deleteBlob(repository: Repository, digest: Digest, options: OperationOptions): Promise<boolean> {
  if (!repository.capabilities.delete) {
    throw new UsageError('ERR_UNSUPPORTED', `blob ${digest} cannot be deleted: ${repository.id} deletes nothing`);
  }
  const pinned = await readPin(repository, tagOf(digest), options);
  // By digest: some registries delete no tags. Nothing but its tag ever points at a pin.
  const deleted = pinned !== undefined && (await repository.delete(digestOf(pinOf(pinned)), options));
  if (deleted) await deleteBytes(repository, digest, options);
  return deleted;
}

async function deleteBytes(repository: Repository, digest: Digest, options: OperationOptions): Promise<void> {
  try {
    await repository.blob.delete?.(digest, options);
  } catch (error) {
    // Another manifest names it: that of a writer who has just come, or every pin, where it is their config.
    if (!(error instanceof StoreError && error.code === 'ERR_CONFLICT')) throw error;
  }
}
