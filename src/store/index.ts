/**
 * What works on any blob store: migration, garbage collection, audit, fallback reads, an index by integrity, readiness.
 *
 * @module
 */
export { activeBlobStore, type ActiveBlobStoreOptions } from './active-blob-store.ts';
export { auditBlobs, type AuditBlobsOptions, type AuditReport, type RepairedBlob } from './audit-blobs.ts';
export type { BlobProblem } from './blob-problem.ts';
export { collectGarbage, type CollectGarbageOptions, type GarbageReport } from './collect-garbage.ts';
export { fallbackBlobStore, type FallbackBlobStoreOptions, type ServedBlob } from './fallback-blob-store.ts';
export { leasedBlobStore, type LeasedBlobStore, type LeasedBlobStoreOptions } from './leased-blob-store.ts';
export { migrateBlobs, type MigrateBlobsOptions, type MigrationReport } from './migrate-blobs.ts';
export type { MigrationNames } from './migration-state.ts';
export { namespacedRecordStore, type NamespacedRecordStoreOptions } from './namespaced-record-store.ts';
export { readiness, type Readiness, type ReadinessOptions, type WantedBlob } from './readiness.ts';
export { readOnlyBlobStore } from './read-only-blob-store.ts';
export {
  rebuildSriIndex,
  sriIndex,
  type RebuildSriIndexOptions,
  type RebuildSriIndexReport,
  type SriIndex,
  type SriIndexOptions,
} from './sri-index.ts';
export { storeSet, type StoreEntry, type StoreFacts, type StoreSet } from './store-set.ts';
export type { StoreFailure } from './store-failures.ts';
export { storeWithIntegrity, type StoreWithIntegrity, type StoreWithIntegrityOptions } from './store-with-integrity.ts';
export { tieredBlobStore, type TieredBlobStoreOptions } from './tiered-blob-store.ts';
