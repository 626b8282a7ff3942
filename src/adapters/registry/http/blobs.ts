import { parseDigest } from '../../../digest/digest.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import type { RepositoryBlobs } from '../../../ports/registry.ts';
import type { RegistryConnection } from './connection.ts';
import { getBlob, readBlob, statBlob } from './read-blob.ts';
import type { BlobWriter } from './write-blobs.ts';

/** What the blobs of a repository are made of besides its connection. */
export interface HttpBlobsParts {
  /** Where uploads are remembered, so that another process can go on with one that was cut. */
  readonly uploads?: RecordStore | undefined;
}

/**
 * The blobs of a repository of a registry (distribution-spec 1.1).
 *
 * There is no `ingest`: not every registry takes an upload whose digest is said at the end, and none promises to keep
 * the bytes of one that is cut.
 */
export function httpBlobs(
  connection: RegistryConnection,
  repository: string,
  parts: HttpBlobsParts = {},
): RepositoryBlobs {
  const target = { connection, repository };
  let writer: BlobWriter | undefined;
  // Who only pulls does not load what pushes.
  const writing = async (): Promise<BlobWriter> => {
    const { createBlobWriter } = await import('./write-verbs.ts');
    return (writer ??= createBlobWriter(target, statBlob, parts));
  };
  return {
    get: async (digest, options = {}) => getBlob(target, parseDigest(digest), options),
    openUnverified: async (descriptor, options = {}) => {
      const { digest, size } = descriptor;
      return readBlob(target, parseDigest(digest), { ...options, size });
    },
    stat: async (digest, { direct = false, ...options } = {}) =>
      statBlob(target, parseDigest(digest), { ...options, mirrored: !direct }),
    put: async (descriptor, source, options = {}) => {
      parseDigest(descriptor.digest);
      return (await writing()).put(descriptor, source, options);
    },
    mount: async (digest, from, options = {}) => {
      const known = parseDigest(digest);
      return (await writing()).mount(known, from, options);
    },
  };
}
