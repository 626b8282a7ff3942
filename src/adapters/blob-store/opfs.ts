/**
 * Blobs and records in the private file system that a browser gives an origin (OPFS).
 *
 * @module
 */
export {
  opfsBlobStore,
  type OpfsBlobStore,
  type OpfsBlobStoreOptions,
  type SweepAbandonedOptions,
  type SweptUploads,
} from './opfs/blob-store.ts';
export type { OpfsStoreOptions } from './opfs/folder.ts';
export { opfsRecordStore } from './opfs/record-store.ts';
export type { StoragePersistence } from './shared/persistence.ts';
