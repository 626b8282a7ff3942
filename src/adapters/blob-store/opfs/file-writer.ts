import { UsageError } from '../../../errors.ts';
import { pieceBytes } from '../shared/pieces.ts';
import type { StagedWriter } from '../shared/staging.ts';

/** What workers have, and TypeScript's DOM does not know. */
interface SyncAccessHandle {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
interface WorkerHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>;
}

/**
 * Writes to a file from an offset on, which is its end: in place in a dedicated worker; elsewhere into a copy that takes
 * the place of the file when it is ended.
 */
export async function openWriter(file: FileSystemFileHandle, offset: number): Promise<StagedWriter> {
  const inWorker = file as WorkerHandle;
  if (inWorker.createSyncAccessHandle !== undefined) return inPlace(await inWorker.createSyncAccessHandle(), offset);
  if ((file.createWritable as unknown) !== undefined) return inCopy(file, offset);
  throw new UsageError('ERR_UNSUPPORTED', 'this browser writes to the origin private file system in workers only', {
    hint: 'make the store in a dedicated worker, or use indexedDbBlobStore',
  });
}

function inPlace(handle: SyncAccessHandle, offset: number): StagedWriter {
  let end = offset;
  return {
    room: pieceBytes,
    write: async (piece) => {
      for (let start = 0; start < piece.length;) {
        const written = handle.write(piece.subarray(start), { at: end + start });
        if (written === 0) throw new DOMException('no more room', 'QuotaExceededError');
        start += written;
      }
      end += piece.length;
      return Promise.resolve();
    },
    end: async (failed) => {
      try {
        // Of a piece that failed some bytes may be there.
        if (failed) handle.truncate(end);
        handle.flush();
      } finally {
        handle.close();
      }
      return Promise.resolve(end);
    },
  };
}

async function inCopy(file: FileSystemFileHandle, offset: number): Promise<StagedWriter> {
  const stream = await file.createWritable({ keepExistingData: offset > 0 });
  let end = offset;
  return {
    room: pieceBytes,
    write: async (piece) => {
      await stream.write({ type: 'write', position: end, data: piece });
      end += piece.length;
    },
    end: async (failed) => {
      if (failed) await stream.abort();
      else await stream.close();
      return failed ? offset : end;
    },
  };
}
