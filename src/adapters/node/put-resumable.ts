import type { ByteSource } from '../../bytes/source.ts';
import { chunksOf } from '../../bytes/stream.ts';
import type { Digest } from '../../digest/digest.ts';
import { contentCheck, type ContentCheck } from '../../digest/verify-stream.ts';
import { IntegrityError } from '../../errors.ts';
import { syncFile } from './atomic-file.ts';
import { discard, publishStaged, type BlobFolder } from './blob-folder.ts';
import { openFileStream } from './file-stream.ts';
import { leavePartial, openPartial, removePartialsOf, type PartialFile } from './partial-file.ts';
import { sourceChunks, writeChunks } from './write-chunks.ts';

/** From here on a put that is cut off goes on where it was, also in another process. */
export const resumableBlob: number = 4 * 1024 * 1024;

/**
 * Stores a large blob of known size. When it fails, its first bytes stay for the next put of the same digest, which
 * hashes them and asks the source for the rest. Where they turn out to be wrong, it begins anew.
 */
export async function putResumable(
  folder: BlobFolder,
  digest: Digest,
  source: ByteSource,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (;;) {
    const partial = openPartial(folder, digest);
    if (partial.size > size) {
      discard(partial);
      continue;
    }
    try {
      await fill(folder, partial, source, { digest, size }, signal);
    } catch (error) {
      leavePartial(folder, partial, digest, error);
      if (partial.size > 0 && error instanceof IntegrityError) continue;
      throw error;
    }
    const created = await publishStaged(folder, partial, digest, size);
    removePartialsOf(folder, digest);
    return created;
  }
}

async function fill(
  folder: BlobFolder,
  { path, file, size: start }: PartialFile,
  source: ByteSource,
  expected: { readonly digest: Digest; readonly size: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  const check = contentCheck(expected);
  if (start > 0) await hashAgain(path, start, check, signal);
  if (start === 0 || start < expected.size) {
    await writeChunks(file, sourceChunks(source, signal, start), {
      position: start,
      onPiece: (piece) => check.update(piece),
    });
  }
  check.end();
  if (folder.durable) await syncFile(file);
  signal?.throwIfAborted();
}

async function hashAgain(
  path: string,
  end: number,
  check: ContentCheck,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stream = await openFileStream(path, { end, signal });
  for await (const chunk of chunksOf(stream, { signal })) check.update(chunk);
}
