/**
 * Blobs and records in a bucket of S3, or of whatever speaks as S3.
 *
 * @module
 */
export { s3Client, type S3ClientOptions, type S3Credentials, type S3Fetch, type S3SignOptions } from './s3/client.ts';
export { s3BlobStore, type PresignOptions, type S3BlobStore } from './s3/blob-store.ts';
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
