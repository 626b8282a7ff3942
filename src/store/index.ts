/**
 * What works on any blob store: garbage collection and audit.
 *
 * @module
 */
export { auditBlobs, type AuditBlobsOptions, type AuditReport } from './audit-blobs.ts';
export { collectGarbage, type BlobProblem, type CollectGarbageOptions, type GarbageReport } from './collect-garbage.ts';
