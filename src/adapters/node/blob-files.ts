import { lstatSync, unlinkSync, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../bytes/source.ts';
import { isDigest, parseDigest, type Digest } from '../../digest/digest.ts';
import { contentCheck, verifyBytes } from '../../digest/verify-stream.ts';
import type { BlobStat, BlobStore } from '../../ports/blob-store.ts';
import { syncFile, writeFully } from './atomic-file.ts';
import { BlobFolder, discard, publishStaged, smallBlob, type BlobFilesOptions } from './blob-folder.ts';
import { blobIngests } from './blob-ingest.ts';
import { isErrno, orStoreFailure } from './failure.ts';
import { sourceChunks, writeChunks } from './write-chunks.ts';
import { storedBlob } from './stored-blob.ts';
import { putResumable, resumableBlob } from './put-resumable.ts';

/**
 * A folder of blobs, one regular file each, as a `BlobStore`. Many processes may use it at once.
 *
 * A blob gets its name after every byte was checked, in one step. What a killed process left is cleared by the next
 * one that writes. A symbolic link under the name of a blob is no blob, and is never followed.
 */
export function blobFiles(options: BlobFilesOptions): BlobStore {
  const folder = new BlobFolder(options);
  return {
    id: folder.id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) =>
      orStoreFailure(folder.facts('write', parseDigest(digest)), () => put(folder, digest, source, signal)),
    get: async (digest, { signal } = {}) =>
      orStoreFailure(folder.facts('read', parseDigest(digest)), () => {
        signal?.throwIfAborted();
        const found = folder.find(digest);
        return found === undefined ? undefined : storedBlob(folder, found);
      }),
    stat: async (digest, { signal } = {}) =>
      orStoreFailure(folder.facts('read', parseDigest(digest)), () => {
        signal?.throwIfAborted();
        return folder.find(digest);
      }),
    delete: async (digest, { signal } = {}) =>
      orStoreFailure(folder.facts('write', parseDigest(digest)), () => {
        signal?.throwIfAborted();
        return remove(folder.fileOf(digest));
      }),
    list: ({ signal } = {}) => list(folder, [], signal),
    ingest: blobIngests(folder),
  };
}

async function put(
  folder: BlobFolder,
  digest: Digest,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<{ created: boolean }> {
  signal?.throwIfAborted();
  const { bytes, size = bytes?.length } = source;
  if (folder.reuse(digest, size)) return { created: false };
  const small = bytes !== undefined && bytes.length <= smallBlob;
  return folder.writing(async () => {
    signal?.throwIfAborted();
    if (small) return { created: await putBytes(folder, digest, bytes) };
    if (size !== undefined && size >= resumableBlob) {
      return { created: await putResumable(folder, digest, source, size, signal) };
    }
    return { created: await putStream(folder, digest, source, size, signal) };
  });
}

/** Without `durable` there is no wait in here: a thousand small blobs are written as fast as the system takes them. */
async function putBytes(folder: BlobFolder, digest: Digest, bytes: Uint8Array): Promise<boolean> {
  verifyBytes(bytes, { digest });
  const staged = folder.stage();
  try {
    writeFully(staged.file, bytes);
    if (folder.durable) await syncFile(staged.file);
  } catch (error) {
    discard(staged);
    throw error;
  }
  return publishStaged(folder, staged, digest, bytes.length);
}

async function putStream(
  folder: BlobFolder,
  digest: Digest,
  source: ByteSource,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const check = contentCheck({ digest, size });
  const staged = folder.stage();
  let written = 0;
  try {
    const onPiece = (piece: Uint8Array): void => {
      check.update(piece);
      written += piece.length;
    };
    await writeChunks(staged.file, sourceChunks(source, signal), { onPiece });
    check.end();
    if (folder.durable) await syncFile(staged.file);
    signal?.throwIfAborted();
  } catch (error) {
    discard(staged);
    throw error;
  }
  return publishStaged(folder, staged, digest, written);
}

/** Removes what stands under the name of a blob, also where it is damaged. */
function remove(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== false) return false;
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Walks the folder. Only regular files whose place is that of a digest are blobs. */
async function* list(
  folder: BlobFolder,
  above: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<BlobStat, void, undefined> {
  signal?.throwIfAborted();
  for (const entry of await entriesOf(folder, join(folder.directory, ...above))) {
    signal?.throwIfAborted();
    const segments = [...above, entry.name];
    if (entry.isDirectory()) yield* list(folder, segments, signal);
    else if (entry.isFile()) {
      const found = statPlace(folder, segments);
      if (found !== undefined) yield found;
    }
  }
}

function entriesOf(folder: BlobFolder, path: string): Promise<Dirent[]> {
  return orStoreFailure({ store: folder.id, action: 'read', what: 'folder of blobs' }, async () => {
    try {
      return await readdir(path, { withFileTypes: true });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  });
}

function statPlace(folder: BlobFolder, segments: readonly string[]): BlobStat | undefined {
  const [algorithm = '', ...rest] = segments;
  const digest = `${algorithm}:${rest.join('')}`;
  if (!isDigest(digest) || !folder.isPlaceOf(digest, segments)) return undefined;
  const stat = lstatSync(folder.fileOf(digest), { throwIfNoEntry: false });
  return stat?.isFile() === true ? { digest, size: stat.size, modifiedAt: stat.mtimeMs } : undefined;
}
