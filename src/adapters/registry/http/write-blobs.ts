import type { ByteSource } from '../../../bytes/source.ts';
import { untilAborted } from '../../../bytes/until-aborted.ts';
import type { Digest } from '../../../digest/digest.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import { blobContent, type BlobContent } from './blob-content.ts';
import { createBlobProbe } from './blob-probe.ts';
import type { HttpBlobsParts } from './blobs.ts';
import { createBlobMounts, type BlobMounts } from './mount-blob.ts';
import type { statBlob } from './read-blob.ts';
import { upload } from './upload.ts';
import { uploadRecord, type UploadRecord } from './upload-records.ts';
import { cancelSession, type UploadSession, type UploadTarget } from './upload-session.ts';

/** A smaller blob is sent again faster than it is remembered. */
const recordedBytes = 4 << 20;

/** What changes the blobs of a repository, and what it remembers of that. */
export interface BlobWriter {
  readonly put: Put;
  readonly mount: BlobMounts['mount'];
}

/** @param stat - Says what is there; given, because who only pulls has loaded it already. */
export function createBlobWriter(target: UploadTarget, stat: typeof statBlob, parts: HttpBlobsParts): BlobWriter {
  const mounts = createBlobMounts(target);
  return {
    put: putOnce(createPut(target, stat, mounts, parts)),
    mount: (digest, from, options) => mounts.mount(digest, from, options),
  };
}

type Put = (
  descriptor: Descriptor,
  source: ByteSource,
  options: OperationOptions,
) => Promise<{ readonly created: boolean }>;

function createPut(target: UploadTarget, stat: typeof statBlob, mounts: BlobMounts, { uploads }: HttpBlobsParts): Put {
  const probe = createBlobProbe();
  return async (descriptor, source, options) => {
    const begun = mounts.take(descriptor.digest);
    const besides = {
      record: recordOf(target, descriptor, uploads, options),
      isThere: () => isThere(stat(target, descriptor.digest, { signal: options.signal, mirrored: false }), descriptor),
    };
    let content: BlobContent | undefined;
    try {
      if (probe.wanted(descriptor.size)) {
        const there = await besides.isThere();
        probe.learn(there);
        if (there) return await unneeded(target, begun, besides.record);
      }
      content = await blobContent(descriptor, source, options.signal);
    } catch (error) {
      await unneeded(target, begun);
      throw error;
    }
    await upload(target, { ...options, descriptor, content, begun, ...besides });
    return { created: true };
  };
}

/** Cancels an upload that is of no use; where the blob is there, also the one that a former process has left. */
async function unneeded(
  target: UploadTarget,
  begun: UploadSession | undefined,
  record?: UploadRecord,
): Promise<{ readonly created: boolean }> {
  if (begun !== undefined) await cancelSession(target, begun);
  const left = await record?.find();
  if (left !== undefined) await cancelSession(target, left);
  await record?.remove();
  return { created: false };
}

function recordOf(
  target: UploadTarget,
  { digest, size }: Descriptor,
  uploads: RecordStore | undefined,
  options: OperationOptions,
): UploadRecord | undefined {
  const recorded = uploads !== undefined && size > recordedBytes;
  return recorded ? uploadRecord(uploads, target, digest, options) : undefined;
}

/**
 * True where a registry has a blob. What says that it has another size is not believed: a page, or whoever a redirect
 * led to. Who may push but not ask is not stopped by that.
 */
async function isThere(asked: ReturnType<typeof statBlob>, { size }: Descriptor): Promise<boolean> {
  try {
    const found = await asked;
    // Some say 0 where they say nothing.
    return found !== undefined && (found.size === size || found.size === 0);
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
