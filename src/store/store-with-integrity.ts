import { checkOptions } from '../bytes/check-options.ts';
import type { ByteSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import { algorithmOf, type Digest } from '../digest/digest.ts';
import { createHash } from '../digest/hash.ts';
import { integrityOf, parseIntegrity, type Integrity } from '../digest/integrity.ts';
import { IntegrityError } from '../errors.ts';
import type { BlobStore, StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { pinnedBy, type SriIndex } from './sri-index.ts';

/** A blob store and an index of it. */
export interface StoreWithIntegrityOptions {
  readonly blobs: BlobStore;
  readonly index: SriIndex;
}

/** Blobs that are put and found by Subresource Integrity. */
export interface StoreWithIntegrity {
  /**
   * Stores the bytes of a source that an integrity pins, under their sha256. They are checked against the hashes of its
   * strongest algorithm, any one of which may match; a blob that is known by one of them is not written again, and the
   * source not read.
   */
  put(
    integrity: Integrity,
    source: ByteSource,
    options?: OperationOptions,
  ): Promise<{ readonly created: boolean; readonly digest: Digest }>;
  /** A blob by any of its integrities, checked against it, whatever the index says. */
  get(integrity: Integrity, options?: OperationOptions): Promise<StoredBlob | undefined>;
}

/**
 * Puts and finds blobs by Subresource Integrity, the key of the bytes being their digest as ever. First the blob is
 * stored, then the index is written: a kill in between costs a second put, which finds the blob.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option. From `put` and `get`: FormatError `ERR_LOCK_ENTRY` for
 *   what is no integrity, UsageError `ERR_INVALID_DIGEST` for one that pins nothing, IntegrityError for other bytes.
 */
export function storeWithIntegrity(options: StoreWithIntegrityOptions): StoreWithIntegrity {
  checkOptions('storeWithIntegrity', options, ['blobs', 'index']);
  const { blobs, index } = options;
  return {
    put: async (integrity, source, operation = {}) => {
      pinnedBy(integrity);
      const known = await index.find(integrity, operation);
      if (known !== undefined && (await blobs.stat(known, operation)) !== undefined) {
        // Also where it is there: the store notes that a writer relies on it.
        return { ...(await blobs.put(known, source, operation)), digest: known };
      }
      const stored = await putHashed(blobs, integrity, source, operation);
      await index.add(stored.digest, stored.integrities, operation);
      return { created: stored.created, digest: stored.digest };
    },
    get: async (integrity, operation = {}) => {
      const pinned = pinnedBy(integrity);
      const digest = await index.find(integrity, operation);
      const blob = digest && (await blobs.get(digest, operation));
      if (blob === undefined || digest === undefined || pinned.includes(digest)) return blob;
      return {
        ...blob,
        open: async (opening) => streamFrom(checked(await blob.open(opening), integrity), opening?.signal),
      };
    },
  };
}

interface Hashed {
  readonly created: boolean;
  readonly digest: Digest;
  readonly integrities: readonly Integrity[];
}

/** In one reading where the store takes ingests; else one to know the digest, and one to store. */
async function putHashed(
  blobs: BlobStore,
  integrity: Integrity,
  source: ByteSource,
  options: OperationOptions,
): Promise<Hashed> {
  const check = integrityCheck(integrity);
  const { signal } = options;
  const ingest = await blobs.ingest?.(undefined, options);
  if (ingest === undefined) {
    const sha256 = createHash('sha256');
    for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
      check.update(chunk);
      sha256.update(chunk);
    }
    const integrities = check.end();
    const digest = sha256.digest();
    return { ...(await blobs.put(digest, source, options)), digest, integrities };
  }
  try {
    const hashing = async (): Promise<ReadableStream<Uint8Array>> =>
      streamFrom(
        tapped(await source.open({ signal }), (chunk) => check.update(chunk)),
        signal,
      );
    await ingest.append({ size: source.size, open: hashing }, options);
    const integrities = check.end();
    return { ...(await ingest.commit('sha256', options)), integrities };
  } finally {
    await ingest.abort();
  }
}

interface IntegrityCheck {
  update(chunk: Uint8Array): void;
  /** The hashes of the integrity that hold. Throws where none of its strongest does. */
  end(): readonly Integrity[];
}

function integrityCheck(integrity: Integrity): IntegrityCheck {
  const { digests } = parseIntegrity(integrity);
  const strongest = pinnedBy(integrity);
  const hashes = [...new Set(digests.map(algorithmOf))].map(createHash);
  return {
    update: (chunk) => {
      for (const hash of hashes) hash.update(chunk);
    },
    end: () => {
      const actual = hashes.map((hash) => hash.digest());
      const [first] = actual;
      if (actual.some((digest) => strongest.includes(digest))) {
        return actual.filter((digest) => digests.includes(digest)).map(integrityOf);
      }
      throw new IntegrityError('ERR_DIGEST_MISMATCH', `bytes have integrity ${first ?? ''}, expected ${integrity}`, {
        expected: integrity,
        actual: first === undefined ? '' : integrityOf(first),
      });
    },
  };
}

async function* checked(stream: ReadableStream<Uint8Array>, integrity: Integrity): AsyncGenerator<Uint8Array> {
  const check = integrityCheck(integrity);
  yield* tapped(stream, (chunk) => check.update(chunk));
  check.end();
}

async function* tapped(
  stream: ReadableStream<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(stream)) {
    onChunk(chunk);
    yield chunk;
  }
}
