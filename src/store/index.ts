/**
 * What works on any blob store: migration, garbage collection and audit.
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
