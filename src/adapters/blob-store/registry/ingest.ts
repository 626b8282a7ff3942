import type { BlobStore, Ingest } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository, RepositoryBlobs } from '../../../ports/registry.ts';
import { orStoreFailure, storeFailure, watched, type Attempt } from './failure.ts';
import { isThere, pinned } from './put-blob.ts';

type OpenIngest = NonNullable<RepositoryBlobs['ingest']>;

/** An ingest of a repository whose blob is pinned when it is committed. */
export async function openIngest(
  repository: Repository,
  open: OpenIngest,
  id: string | undefined,
  options: OperationOptions,
): ReturnType<NonNullable<BlobStore['ingest']>> {
  const attempt = { store: repository.id, action: 'write', what: 'ingest' } as const;
  return pinning(repository, await orStoreFailure(attempt, () => open(id, options)), attempt);
}

function pinning(repository: Repository, ingest: Ingest, attempt: Attempt): Ingest {
  return {
    id: ingest.id,
    get offset() {
      return ingest.offset;
    },
    append: async (from, options) => {
      const { source, failure } = watched(from);
      try {
        return await ingest.append(source, options);
      } catch (error) {
        throw error === failure() ? error : storeFailure(error, attempt);
      }
    },
    commit: (wanted, options = {}) =>
      orStoreFailure(attempt, async () => {
        const { digest, size } = await ingest.commit(wanted, options);
        if (await isThere(repository, digest, options)) return { created: false, digest, size };
        await pinned(repository, { digest, size }, undefined, options);
        return { created: true, digest, size };
      }),
    abort: () => orStoreFailure(attempt, () => ingest.abort()),
  };
}
