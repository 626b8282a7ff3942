import type { Digest } from '../../../digest/digest.ts';
import { answerOf } from './database.ts';

/** A blob, under its digest. */
export interface BlobEntry {
  readonly digest: Digest;
  readonly size: number;
  /** Whose chunks are its bytes. */
  readonly upload: string;
  readonly modifiedAt: number;
}

/** Bytes on their way, under an id. */
export interface UploadEntry {
  readonly id: string;
  /** Who may write. */
  readonly holder: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** The blob of a digest. */
export async function blobEntry(transaction: IDBTransaction, digest: Digest): Promise<BlobEntry | undefined> {
  return (await answerOf(transaction.objectStore('blobs').get(digest))) as BlobEntry | undefined;
}

/** Marks a blob as found by a writer. */
export async function touch(transaction: IDBTransaction, found: BlobEntry): Promise<void> {
  await answerOf(transaction.objectStore('blobs').put({ ...found, modifiedAt: Date.now() }, found.digest));
}

/** The upload of an id. */
export async function uploadEntry(transaction: IDBTransaction, id: string): Promise<UploadEntry | undefined> {
  return (await answerOf(transaction.objectStore('uploads').get(id))) as UploadEntry | undefined;
}

/** All chunks of an upload: keys are its id and the number of the chunk. */
export function chunksOfUpload(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

/** Removes an upload, and its chunks. */
export async function removeUpload(transaction: IDBTransaction, id: string): Promise<void> {
  await Promise.all([
    answerOf(transaction.objectStore('uploads').delete(id)),
    answerOf(transaction.objectStore('chunks').delete(chunksOfUpload(id))),
  ]);
}
