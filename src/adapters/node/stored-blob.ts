import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkRange } from '../../bytes/check-range.ts';
import { streamOf } from '../../bytes/source.ts';
import type { Digest } from '../../digest/digest.ts';
import { contentCheck, verifyBytes, type ContentCheck } from '../../digest/verify-stream.ts';
import { IntegrityError } from '../../errors.ts';
import type { BlobStat, StoredBlob } from '../../ports/blob-store.ts';
import { smallBlob, type BlobFolder } from './blob-folder.ts';
import { orStoreFailure, storeFailure } from './failure.ts';
import { notRegular, openFileStream, readFlags } from './file-stream.ts';

/** A blob that was found in a folder. */
export function storedBlob(folder: BlobFolder, { digest, size }: BlobStat): StoredBlob {
  const path = folder.fileOf(digest);
  const facts = folder.facts('read', digest);
  return {
    size,
    open: ({ signal } = {}) =>
      orStoreFailure(facts, () => {
        signal?.throwIfAborted();
        if (size <= smallBlob) return checkedSmall(path, digest, size);
        return openFileStream(path, { signal, check: contentCheck({ digest, size }), failure: failureOf });
      }),
    openUnverifiedRange: async (start, end, { signal } = {}) => {
      checkRange(start, end, size);
      return orStoreFailure(facts, () => {
        signal?.throwIfAborted();
        // A copy reads blobs so: for a small one a stream over a file costs more than its bytes.
        if (size <= smallBlob) return checkedBytes(readSmall(path, size).subarray(start, end), digest, end - start);
        return openFileStream(path, {
          start,
          end,
          signal,
          check: lengthCheck(digest, end - start),
          failure: failureOf,
        });
      });
    },
  };

  function failureOf(error: unknown): unknown {
    return storeFailure(error, facts);
  }
}

/** Nobody can vouch for the bytes of a range, but that they all came can be told. */
function lengthCheck(digest: Digest, expected: number): ContentCheck {
  let seen = 0;
  return {
    update: (bytes) => void (seen += bytes.length),
    end: () => {
      if (seen === expected) return;
      throw new IntegrityError('ERR_SIZE_MISMATCH', `range of blob ${digest} has ${seen} bytes, expected ${expected}`, {
        expected: String(expected),
        actual: String(seen),
      });
    },
  };
}

function checkedBytes(bytes: Uint8Array, digest: Digest, expected: number): ReadableStream<Uint8Array> {
  const check = lengthCheck(digest, expected);
  check.update(bytes);
  return streamOrError(bytes, () => check.end());
}

/** A small blob is read and checked at once, and holds no file open while nobody reads. */
function checkedSmall(path: string, digest: Digest, size: number): ReadableStream<Uint8Array> {
  const bytes = readSmall(path, size);
  return streamOrError(bytes, () => verifyBytes(bytes, { digest, size }));
}

/** What a check throws is the error of the stream, as where it is read piece by piece. */
function streamOrError(bytes: Uint8Array, check: () => unknown): ReadableStream<Uint8Array> {
  try {
    check();
    return streamOf(bytes);
  } catch (error) {
    return new ReadableStream({
      start(controller) {
        controller.error(error);
      },
    });
  }
}

/** Reads a file that has `size` bytes, and one byte more where it has grown, so that the check can tell. */
function readSmall(path: string, size: number): Uint8Array<ArrayBuffer> {
  const file = openSync(path, readFlags);
  try {
    if (!fstatSync(file).isFile()) throw notRegular(path);
    const bytes = new Uint8Array(size + 1);
    let done = 0;
    for (let count = 1; count > 0 && done < bytes.length; done += count) {
      count = readSync(file, bytes, done, bytes.length - done, null);
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}
