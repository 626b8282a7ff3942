import type { ByteSource } from '../../../bytes/source.ts';
import { algorithmOf, hexOf, type Digest } from '../../../digest/digest.ts';
import { contentCheck, type ContentCheck } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import { nameOfBlob } from './blob-key.ts';
import { findBlob, findByWriter, markFound, timeHeaders, writing } from './blob-objects.ts';
import { smallBody, type S3Bucket } from './bucket.ts';
import { maxParts, Multipart, type MultipartTarget } from './multipart.ts';
import { sendParts, type Part } from './parts.ts';

/** Stores what a source gives, unless it is there. True where it was not. */
export async function putBlob(
  bucket: S3Bucket,
  digest: Digest,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { bytes } = source;
  // Of small bytes that are at hand, the server says itself whether they are there.
  const atOnce = bucket.keepsConditions && bytes !== undefined && bytes.length <= smallBody;
  if (!atOnce && (await findByWriter(bucket, digest, signal))) return false;
  const created = await writeBlob(bucket, digest, source, signal);
  if (atOnce && !created) await markFound(bucket, digest, signal);
  return created;
}

/** Writes a blob; false where it is there. Nothing is seen of it before all its bytes were checked. */
export async function writeBlob(
  bucket: S3Bucket,
  digest: Digest,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const check = contentCheck({ digest, size: source.size });
  const upload = new BlobUpload(bucket, digest, check, signal);
  const { partsInFlight: inFlight } = bucket.settings;
  const partSize = partSizeFor(source.size, bucket.settings.partSize);
  try {
    await sendParts(source, { partSize, inFlight, signal, onChunk: (chunk) => check.update(chunk) }, (part) =>
      upload.send(part),
    );
    return await upload.finish();
  } catch (error) {
    await upload.abort();
    signal?.throwIfAborted();
    throw error;
  }
}

/** So that no blob of a known size has too many parts. */
function partSizeFor(size: number | undefined, partSize: number): number {
  return Math.max(partSize, Math.ceil((size ?? 0) / maxParts));
}

/** The target of a blob, as one object or as parts. */
export function blobTarget(bucket: S3Bucket, digest: Digest, signal: AbortSignal | undefined): MultipartTarget {
  return {
    key: bucket.keyOf(nameOfBlob(digest)),
    headers: { 'content-type': 'application/octet-stream', ...bucket.settings.blobHeaders, ...timeHeaders(bucket) },
    action: writing(digest),
    signal,
  };
}

/** A blob on its way: one request where it is a single part, else an upload that is begun with its first part. */
class BlobUpload {
  readonly #bucket: S3Bucket;
  readonly #digest: Digest;
  readonly #check: ContentCheck;
  readonly #target: MultipartTarget;
  #multipart: Promise<Multipart> | undefined;
  #created = false;

  constructor(bucket: S3Bucket, digest: Digest, check: ContentCheck, signal: AbortSignal | undefined) {
    this.#bucket = bucket;
    this.#digest = digest;
    this.#check = check;
    this.#target = blobTarget(bucket, digest, signal);
  }

  async send({ index, bytes, last }: Part): Promise<void> {
    if (last) this.#check.end();
    if (last && index === 0) {
      this.#created = await this.#putWhole(bytes);
      return;
    }
    if (index >= maxParts) throw tooLarge(this.#bucket, this.#digest);
    this.#multipart ??= Multipart.begin(this.#bucket, this.#target);
    await (await this.#multipart).put(index, bytes);
  }

  /** The digest that S3 is to find is ours where that is a SHA-256: it refuses any other bytes. */
  async #putWhole(body: Uint8Array): Promise<boolean> {
    const sha256 = algorithmOf(this.#digest) === 'sha256' ? hexOf(this.#digest) : undefined;
    const put = (): Promise<boolean> => this.#bucket.create({ ...this.#target, method: 'PUT', body, sha256 });
    if (await put()) return true;
    if (await isThere(this.#bucket, this.#digest, this.#target.signal)) return false;
    this.#bucket.ignoreConditions();
    return put();
  }

  async finish(): Promise<boolean> {
    if (this.#multipart === undefined) return this.#created;
    return completeBlob(this.#bucket, this.#digest, await this.#multipart, this.#target.signal);
  }

  async abort(): Promise<void> {
    const multipart = await this.#multipart?.catch(() => undefined);
    await multipart?.abort();
  }
}

/** Shows a blob whose parts are there. True where it was not there before. */
export async function completeBlob(
  bucket: S3Bucket,
  digest: Digest,
  multipart: Multipart,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    let created = await multipart.complete();
    let there = await isThere(bucket, digest, signal);
    if (!created && !there) {
      bucket.ignoreConditions();
      created = await multipart.complete();
      there = await isThere(bucket, digest, signal);
    }
    if (!created) await multipart.abort();
    // A server that was killed while it completed may say yes when it is asked again, and have nothing (versitygw 1.8).
    if (!there) throw notThere(bucket, digest);
    return created;
  } catch (error) {
    // A try whose answer was lost may have completed it: then the upload is not there any more, and the blob is.
    const gone = error instanceof StoreError && error.details.s3Code === 'NoSuchUpload';
    if (gone && (await isThere(bucket, digest, signal))) return true;
    throw error;
  }
}

/**
 * True where a blob is there. A server may refuse to write it over nothing: over the marker of a deletion, where the
 * bucket has versions (versitygw 1.8; S3 takes it).
 */
async function isThere(bucket: S3Bucket, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
  return (await findBlob(bucket, digest, { action: writing(digest), signal })) !== undefined;
}

function notThere(bucket: S3Bucket, digest: Digest): StoreError {
  const { id: store, host } = bucket.settings.address;
  const message = `blob ${digest} is not there, though ${host} said that its upload is complete`;
  return new StoreError('ERR_STORE_WRITE', message, { store, digest, retryable: true });
}

function tooLarge(bucket: S3Bucket, digest: Digest): StoreError {
  const { partSize, address } = bucket.settings;
  const mebibytes = Math.floor((partSize * maxParts) / (1 << 20));
  return new StoreError('ERR_STORE_QUOTA', `blob ${digest} of unknown size has more than ${mebibytes} MiB`, {
    store: address.id,
    digest,
    hint: 'raise partSize, or give the source a size',
  });
}
