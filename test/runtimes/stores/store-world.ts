import type { S3Credentials } from 'packwright/blob-store/s3';

/** A bucket on a server. */
export interface Bucket {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
}

/** What stores may use, wherever they run. */
export interface StoreWorld {
  readonly folder: string;
  readonly bucket: Bucket;
  /** How a client connects to Postgres. */
  readonly postgres: string;
}

/** A world in which nothing can be opened: the names of the cases are the same. */
export const nowhere: StoreWorld = {
  folder: 'nowhere',
  bucket: { endpoint: 'https://s3.example', bucket: 'none', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
  postgres: 'postgres://nobody@postgres.example/none',
};
