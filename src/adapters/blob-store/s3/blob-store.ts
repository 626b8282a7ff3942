import { digestSizes, parseDigest, type Digest, type DigestAlgorithm } from '../../../digest/digest.ts';
import type { BlobStat, BlobStore } from '../../../ports/blob-store.ts';
import { digestOfName, nameOfBlob, nameOfMark } from './blob-key.ts';
import { findBlob, reading, statBlob, writing } from './blob-objects.ts';
import { S3Bucket } from './bucket.ts';
import type { S3Fetch } from './client.ts';
import { listObjects } from './list-objects.ts';
import { checkS3Options, type S3StoreOptions } from './options.ts';
import type { PresignedPut, PresignOptions } from './presign.ts';
import { putBlob } from './put-blob.ts';
import { removeObject } from './remove-object.ts';
import { firstBytes, storedBlob } from './stored-blob.ts';
import type { SweepAbandonedOptions, SweptUploads } from './sweep.ts';

/** A blob store on S3, with what S3 can do besides. */
export interface S3BlobStore extends BlobStore {
  readonly ingest: NonNullable<BlobStore['ingest']>;
  /**
   * Removes what puts and ingests left that nobody has written to for so long: parts, pieces, marks. To be run now and
   * then, as S3 charges for parts that nobody sees.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT`; StoreError `ERR_STORE_WRITE`. A second run goes on.
   */
  sweepAbandoned(options: SweepAbandonedOptions): Promise<SweptUploads>;
  /**
   * A URL from which whoever has it reads a blob, without credentials, until it expires. Whether the blob is there is not
   * looked at. The bytes come without a check: compare their digest. Present where the client can sign URLs.
   */
  presign?(digest: Digest, options?: PresignOptions): Promise<string>;
  /**
   * What whoever has it needs to put a blob by one request, without credentials, until it expires: a page with its user's
   * file. S3 compares the SHA-256 that is signed, and refuses other bytes; moto does not look at it. At most 5 GiB, which
   * S3 takes by one request. Whether the blob is there is not looked at. Present where the client can sign URLs.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT` for a digest of another algorithm than SHA-256, the only one S3 compares.
   */
  presignPut?(digest: Digest, options?: PresignOptions): Promise<PresignedPut>;
}

/**
 * A bucket as a blob store: the object `sha256/9f/9f86d0…` under the prefix for each blob.
 *
 * A blob becomes visible when all its bytes were checked: a small one is sent at once, a large one in parts of which a
 * fixed number is in memory, and whose object is completed at the end. S3 checks the SHA-256 of every request. A read is
 * one GET, which goes on after a cut and fails before its end where the bytes are not those of the digest. Requests are
 * tried again as S3 asks for it. Other objects in the bucket are never touched.
 *
 * A writer that finds its blob marks it with an object without bytes, `found/…`: `stat` gives the later one of both
 * times, `list` that of the writing. The times are those of the server. Whoever deletes by age asks `stat` just before.
 *
 * On Node, give the client the `fetch` of `nodeTransport`: the platform's keeps more of what has gone through it.
 *
 * Tried with versitygw 1.8 (which refuses bytes of another SHA-256, and on ext4 has room for some 600 parts) and moto 5
 * (which does not look at it). Only Amazon has storage classes, encryption and the owner of the bucket: they are sent as
 * it documents them.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown. From its verbs StoreError
 * `ERR_STORE_READ`, `ERR_STORE_WRITE` and `ERR_STORE_QUOTA`, with the bucket, the status and the code of S3 in `details`.
 */
export function s3BlobStore(options: S3StoreOptions): S3BlobStore {
  const bucket = new S3Bucket(checkS3Options(options));
  return {
    id: bucket.settings.address.id,
    abilities: { ingest: true, range: true, list: true },
    put: async (digest, source, { signal } = {}) => {
      signal?.throwIfAborted();
      return { created: await putBlob(bucket, parseDigest(digest), source, signal) };
    },
    get: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      const found = await findBlob(bucket, parseDigest(digest), { action: reading(digest), signal, firstBytes });
      return found === undefined ? undefined : storedBlob(bucket, digest, found);
    },
    stat: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return statBlob(bucket, parseDigest(digest), signal);
    },
    delete: async (digest, { signal } = {}) => {
      signal?.throwIfAborted();
      return deleteBlob(bucket, parseDigest(digest), signal);
    },
    list: ({ signal } = {}) => listBlobs(bucket, signal),
    ingest: ingestsOf(bucket),
    sweepAbandoned: async (sweep) => (await import('./rarely.ts')).sweepAbandoned(bucket, sweep),
    ...presigning(bucket, options.client),
  };
}

/** The powers of a client that signs URLs. */
function presigning(bucket: S3Bucket, client: S3Fetch): Pick<S3BlobStore, 'presign' | 'presignPut'> {
  if (!canSign(client)) return {};
  return {
    presign: async (digest, how) => (await import('./rarely.ts')).presignGet({ bucket, client }, digest, how),
    presignPut: async (digest, how) => (await import('./rarely.ts')).presignPut({ bucket, client }, digest, how),
  };
}

function canSign(client: S3Fetch): client is Required<S3Fetch> {
  return client.sign !== undefined;
}

/** Loaded with the first ingest: whoever only puts and gets needs none. */
function ingestsOf(bucket: S3Bucket): NonNullable<BlobStore['ingest']> {
  let ingests: NonNullable<BlobStore['ingest']> | undefined;
  return async (id, options) => {
    const { blobIngests } = await import('./rarely.ts');
    ingests ??= blobIngests(bucket);
    return ingests(id, options);
  };
}

async function deleteBlob(bucket: S3Bucket, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
  const action = writing(digest);
  // S3 says the same whether there was something to delete or not.
  if ((await findBlob(bucket, digest, { action, signal })) === undefined) return false;
  await removeObject(bucket, nameOfBlob(digest), action, { signal });
  await removeObject(bucket, nameOfMark(digest), action, { signal });
  return true;
}

async function* listBlobs(
  bucket: S3Bucket,
  signal: AbortSignal | undefined,
): AsyncGenerator<BlobStat, void, undefined> {
  for (const algorithm of Object.keys(digestSizes) as DigestAlgorithm[]) {
    const action = { code: 'ERR_STORE_READ', what: 'listing blobs' } as const;
    for await (const { name, size, modifiedAt } of listObjects(bucket, `${algorithm}/`, { action, signal })) {
      const digest = digestOfName(name);
      if (digest !== undefined) yield { digest, size, modifiedAt };
    }
  }
}
