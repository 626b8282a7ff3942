import { UsageError } from '../../../errors.ts';
import { parseDigest } from '../../../digest/digest.ts';
import { isRepositoryName } from '../../../oci/reference.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import type { Repository, RepositoryCapabilities } from '../../../ports/registry.ts';
import { httpBlobs } from './blobs.ts';
import type { RegistryConnection } from './connection.ts';
import { repositoryLimits, type RepositoryLimits } from './limits.ts';
import { checkReference, fetchManifest, resolveManifest, type RepositoryContext } from './manifests.ts';

/** What a repository over HTTP may be given. */
export interface HttpRepositoryParts {
  readonly limits?: Partial<RepositoryLimits> | undefined;
  /** Remembers uploads that were cut, so that a later process goes on with them. */
  readonly uploads?: RecordStore | undefined;
}

const capabilities: RepositoryCapabilities = /* @__PURE__ */ Object.freeze({
  mount: true,
  range: true,
  delete: true,
  referrers: true,
  atomicTag: false,
  remote: true,
});

/**
 * A repository of a registry that is reached over HTTP (distribution-spec 1.1.1).
 *
 * @throws UsageError `ERR_INVALID_REFERENCE` for a name that is not one, `ERR_INVALID_ARGUMENT` for limits that are none.
 */
export function httpRepository(
  connection: RegistryConnection,
  name: string,
  parts: HttpRepositoryParts = {},
): Repository {
  if (!isRepositoryName(name)) throw notAName(name);
  const id = `${connection.id}/${name}`;
  const context: RepositoryContext = { connection, name, id, limits: repositoryLimits(parts.limits) };
  return {
    name,
    id,
    capabilities,
    manifest: {
      get: async (reference, options = {}) => {
        options.signal?.throwIfAborted();
        const found = await fetchManifest(context, checkReference(context, reference), { ...options, mirrored: true });
        return found && { bytes: found.bytes, descriptor: found.descriptor };
      },
      put: async (bytes, options) => {
        // A copy: what is checked is what is sent, also the second time, whatever the caller does to its array meanwhile.
        const own = new Uint8Array(bytes);
        const { putManifest } = await import('./write-verbs.ts');
        return putManifest(context, own, options);
      },
    },
    blob: httpBlobs(connection, name, { uploads: parts.uploads }),
    resolve: async (reference, { direct = false, ...options } = {}) => {
      options.signal?.throwIfAborted();
      return resolveManifest(context, checkReference(context, reference), { ...options, mirrored: !direct });
    },
    exists: async (options = {}) => {
      const { repositoryExists } = await import('./list-verbs.ts');
      return repositoryExists(context, options);
    },
    tags: async function* (options = {}) {
      const { listTags } = await import('./list-verbs.ts');
      yield* listTags(context, options);
    },
    tag: async (tag, descriptor, options = {}) => {
      const { tagManifest } = await import('./write-verbs.ts');
      return tagManifest(context, tag, descriptor, options);
    },
    delete: async (reference, options = {}) => {
      const { deleteReference } = await import('./write-verbs.ts');
      return deleteReference(context, reference, options);
    },
    referrers: async (subject, options = {}) => {
      const digest = parseDigest(subject);
      const { listReferrers } = await import('./list-verbs.ts');
      return listReferrers(context, digest, options);
    },
  };
}

function notAName(name: unknown): UsageError {
  return new UsageError(
    'ERR_INVALID_REFERENCE',
    `repository ${JSON.stringify(String(name).slice(0, 160))} is not a name`,
    {
      argument: 'name',
      hint: 'a name has lower-case letters and digits, in parts separated by "/", ".", "_" or "-"',
    },
  );
}
