import { streamFrom } from '../../../bytes/stream.ts';
import { isDigest, type Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { isPackError, StoreError } from '../../../errors.ts';
import type { BlobStat, StoredBlob } from '../../../ports/blob-store.ts';
import { browserFailure } from '../shared/browser-failure.ts';
import { checkRange } from '../../../bytes/check-range.ts';
import { checked } from '../shared/checked-chunks.ts';
import type { OpfsFolder } from './folder.ts';
import { fileChunks } from './read-file.ts';

/** `sha256-…`: all blobs are in one folder, for every folder on the way is one more question to the browser. */
export function blobName(digest: Digest): string {
  return digest.replace(':', '-');
}

function digestOfName(name: string): Digest | undefined {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
}

/**
 * Notes that a writer found a blob: a browser does not let anybody change the time of a file, so an empty one is made
 * anew. False where the blob is not there. Whoever calls it has the lock of the name.
 */
export async function markFound(folder: OpfsFolder, name: string): Promise<boolean> {
  if ((await folder.find('blobs', name)) === undefined) return false;
  await folder.remove('found', name);
  await (await folder.folder('found')).getFileHandle(name, { create: true });
  return true;
}

/** What a blob has, and when it was written or last found. */
export async function statFile(folder: OpfsFolder, digest: Digest): Promise<BlobStat | undefined> {
  const name = blobName(digest);
  const [file, found] = await Promise.all([folder.file('blobs', name), folder.file('found', name)]);
  if (file === undefined) return undefined;
  return { digest, size: file.size, modifiedAt: Math.max(file.lastModified, found?.lastModified ?? 0) };
}

/** Every blob. */
export async function* listFiles(
  folder: OpfsFolder,
  signal: AbortSignal | undefined,
): AsyncGenerator<BlobStat, void, undefined> {
  const facts = { action: 'read', what: 'list of blobs' } as const;
  const names = await folder.run(facts, async () => (await folder.folder('blobs')).keys());
  for (;;) {
    signal?.throwIfAborted();
    const next = await folder.run(facts, () => names.next());
    if (next.done === true) return;
    const digest = digestOfName(next.value);
    const found = digest && (await folder.run(facts, () => statFile(folder, digest)));
    if (found !== undefined) yield found;
  }
}

/** A blob that was found. */
export function storedFile(folder: OpfsFolder, digest: Digest, file: File): StoredBlob {
  const { size } = file;
  return {
    size,
    open: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      const check = contentCheck({ digest, size });
      return Promise.resolve(streamFrom((own) => checked(read(0, size, own), check), signal));
    },
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      signal?.throwIfAborted();
      return Promise.resolve(streamFrom((own) => read(start, end, own), signal));
    },
  };

  async function* read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* fileChunks(file, start, end, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw await readFailure(folder, digest, error);
    }
  }
}

/** Browsers have many names for a file that went away under a reader. */
async function readFailure(folder: OpfsFolder, digest: Digest, cause: unknown): Promise<unknown> {
  const failure = browserFailure(cause, { store: folder.id, action: 'read', what: `blob ${digest}`, digest });
  if (isPackError(cause)) return failure;
  const there = await folder.find('blobs', blobName(digest)).catch(() => undefined);
  if (there !== undefined) return failure;
  return new StoreError('ERR_BLOB_NOT_FOUND', `blob ${digest} was deleted while it was read`, {
    cause,
    store: folder.id,
    digest,
  });
}
