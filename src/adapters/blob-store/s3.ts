/**
 * Blobs and records in a bucket of S3, or of whatever speaks as S3.
 *
 * @module
 */
import type { ImportLegacyObjectsOptions, LegacyObjectsReport } from './s3/import-legacy.ts';

export { s3Client, type S3ClientOptions, type S3Credentials, type S3Fetch, type S3SignOptions } from './s3/client.ts';
export type { PresignedPut, PresignOptions } from './s3/presign.ts';
export { s3BlobStore, type S3BlobStore } from './s3/blob-store.ts';
export type { S3StoreOptions } from './s3/options.ts';
export type { SweepAbandonedOptions, SweptUploads } from './s3/sweep.ts';
export { s3RecordStore, type S3RecordStore } from './s3/record-store.ts';
export {
  s3BlobStoreFromEnv,
  type Environment,
  type S3Environment,
  type S3EnvironmentOptions,
  type S3VariableProblem,
} from './s3/from-env.ts';
export type { ImportLegacyObjectsOptions, LegacyObjectsReport, SkippedObjects } from './s3/import-legacy.ts';
export type { LegacyBlob, LegacyImportOptions, LegacyImportReport, LegacyManifestEntry } from './shared/legacy-blob.ts';

/**
 * Copies the blobs that an older store kept as objects, each named by the hex of its integrity, into a store: each under
 * the digest of its bytes. The old key is not believed, and is given to `onBlob`. The bucket is only read, four objects at
 * a time, and a large one twice: for its digest, and to store it.
 *
 * Doing it again is harmless, and with `known` it reads nothing that is in the store. Objects that are none of its, that
 * are gone or change meanwhile, and bytes that are not those of the manifest, are in the report; errors of the bucket and
 * of the store end the import.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_READ` where the bucket cannot be read; what the store
 * throws.
 */
export async function importLegacyObjects(options: ImportLegacyObjectsOptions): Promise<LegacyObjectsReport> {
  // Needed once, if ever.
  const { importObjects } = await import('./s3/rarely.ts');
  return importObjects(options);
}
