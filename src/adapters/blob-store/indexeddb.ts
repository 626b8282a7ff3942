/**
 * Blobs and records in the IndexedDB of a browser.
 *
 * @module
 */
export {
  indexedDbBlobStore,
  type IndexedDbBlobStore,
  type IndexedDbBlobStoreOptions,
  type SweepAbandonedOptions,
  type SweptUploads,
} from './indexeddb/blob-store.ts';
export type { IndexedDbStoreOptions } from './indexeddb/database.ts';
export { indexedDbRecordStore } from './indexeddb/record-store.ts';
export type { StoragePersistence } from './shared/persistence.ts';
