import type { ByteSource } from '../../../bytes/source.ts';
import { parseDigest, type Digest } from '../../../digest/digest.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import type { RepositoryBlobs } from '../../../ports/registry.ts';
import { blobContent, type BlobContent } from './blob-content.ts';
import { createBlobProbe } from './blob-probe.ts';
import { createBlobMounts, type BlobMounts } from './mount-blob.ts';
import { getBlob, readBlob, statBlob } from './read-blob.ts';
import type { RegistryConnection } from './connection.ts';
import { untilAborted } from './single-flight.ts';
import { upload, type UploadOptions } from './upload.ts';
import { uploadRecord } from './upload-records.ts';
import { cancelSession, type UploadSession, type UploadTarget } from './upload-session.ts';

/** What the blobs of a repository are made of besides its connection. */
export interface HttpBlobsParts {
  /** Where uploads are remembered, so that another process can go on with one that was cut. */
  readonly uploads?: RecordStore | undefined;
}

/** A smaller blob is sent again faster than it is remembered. */
const recordedBytes = 4 << 20;

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
  const mounts = createBlobMounts(target);
  const put = putOnce(createPut(target, mounts, parts));
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
      return put(descriptor, source, options);
    },
    mount: async (digest, from, options = {}) => mounts.mount(parseDigest(digest), from, options),
  };
}

type Put = (
  descriptor: Descriptor,
  source: ByteSource,
  options: OperationOptions,
) => Promise<{ readonly created: boolean }>;

function createPut(target: UploadTarget, mounts: BlobMounts, { uploads }: HttpBlobsParts): Put {
  const probe = createBlobProbe();
  return async (descriptor, source, options) => {
    const begun = mounts.take(descriptor.digest);
    let content: BlobContent | undefined;
    try {
      if (probe.wanted(descriptor.size)) {
        const there = await isThere(target, descriptor.digest, options);
        probe.learn(there);
        if (there) return await unneeded(target, begun);
      }
      content = await blobContent(descriptor, source, options.signal);
    } catch (error) {
      await unneeded(target, begun);
      throw error;
    }
    await upload(target, { ...options, descriptor, content, begun, ...besides(target, descriptor, uploads, options) });
    return { created: true };
  };
}

async function unneeded(
  target: UploadTarget,
  begun: UploadSession | undefined,
): Promise<{ readonly created: boolean }> {
  if (begun !== undefined) await cancelSession(target, begun);
  return { created: false };
}

function besides(
  target: UploadTarget,
  { digest, size }: Descriptor,
  uploads: RecordStore | undefined,
  options: OperationOptions,
): Pick<UploadOptions, 'record' | 'isThere'> {
  const recorded = uploads !== undefined && size > recordedBytes;
  return {
    record: recorded ? uploadRecord(uploads, target, digest, options) : undefined,
    isThere: () => isThere(target, digest, options),
  };
}

/** True where a registry has a blob. Who may push but not ask is not stopped by that. */
async function isThere(target: UploadTarget, digest: Digest, { signal }: OperationOptions): Promise<boolean> {
  try {
    return (await statBlob(target, digest, { signal, mirrored: false })) !== undefined;
  } catch (error) {
    // GitLab says 401 of a blob that is not there; whatever else is wrong, the push itself will show.
    if (error instanceof RegistryError && !error.retryable && error.status !== undefined) return false;
    throw error;
  }
}

/** Lets one blob be sent once at a time: who brings the same one meanwhile waits for what becomes of it. */
function putOnce(put: Put): Put {
  const running = new Map<Digest, Promise<unknown>>();
  return async (descriptor, source, options) => {
    const { digest } = descriptor;
    for (let other = running.get(digest); other !== undefined; other = running.get(digest)) {
      const done = await untilAborted(
        other.then(
          () => true,
          () => false,
        ),
        options.signal,
      );
      if (done) return { created: false };
    }
    const result = put(descriptor, source, options);
    running.set(digest, result);
    return result.finally(() => running.delete(digest));
  };
}
