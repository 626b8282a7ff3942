/**
 * Blobs and records in a folder.
 *
 * @module
 */
import { join } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import { algorithmOf, hexOf, type Digest } from '../../digest/digest.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import { blobFiles } from '../node/blob-files.ts';

/** Where a blob store on disk lies, and how it keeps its blobs. */
export interface FsBlobStoreOptions {
  /** The folder of the store. Made when the first blob is written. */
  readonly directory: string;
  /** Flushes each blob and its folder to the disk before `put` and `commit` return. False by default. */
  readonly durable?: boolean | undefined;
  /** How long an ingest, or a large put, whose process is gone can be gone on with: milliseconds, 24 hours by default. */
  readonly ingestLifetime?: number | undefined;
}

/**
 * A folder as a blob store: `blobs/sha256/ab/cdef…`, and `tmp` for what is being written.
 *
 * Many processes may use the folder at once. A blob appears whole or not at all, also when the process is killed;
 * what that leaves behind, the next process that writes clears. Without `durable` a power loss may take back blobs
 * that were just written; an empty or short file that it leaves is found and written again.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing or unknown.
 */
export function fsBlobStore(options: FsBlobStoreOptions): BlobStore {
  checkOptions('fsBlobStore', options, ['directory', 'durable', 'ingestLifetime']);
  const { durable, ingestLifetime } = options;
  const directory = checkDirectory('fsBlobStore', options.directory);
  return blobFiles({
    id: `fs:${directory}`,
    directory: join(directory, 'blobs'),
    temporary: join(directory, 'tmp'),
    pathOf: shardedPath,
    durable,
    ingestLifetime,
  });
}

/** 256 folders per algorithm: no folder gets so large that looking up a name in it takes long. */
function shardedPath(digest: Digest): string {
  const hex = hexOf(digest);
  return `${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex.slice(2)}`;
}

export { fsRecordStore, type FsRecordStoreOptions } from './fs-record-store.ts';
