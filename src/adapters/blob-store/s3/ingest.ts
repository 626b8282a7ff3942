import { toHex } from '../../../bytes/encoding.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import {
  algorithmOf,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../digest/digest.ts';
import { createHash, type RunningHash } from '../../../digest/hash.ts';
import { digestMismatch } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { S3Bucket } from './bucket.ts';
import { commitPieces } from './commit-pieces.ts';
import { sendParts } from './parts.ts';
import { chunksOfPieces, ingestFolder, listIngest, removeIngest, type Piece, ingestAction } from './pieces.ts';

/** Ingests whose running hash is kept, so that their bytes need not be read again. The others go on all the same. */
const maxKept = 1000;

/**
 * The `ingest` of a bucket. The bytes are in pieces, each an object that is written once under a name of its own: what
 * is in them is safe when `append` returns, can be read again by another process, and is put together by the server.
 */
export function blobIngests(bucket: S3Bucket): NonNullable<BlobStore['ingest']> {
  const own = new Map<string, S3Ingest>();
  const forget = (id: string): void => void own.delete(id);
  const keep = (ingest: S3Ingest): Ingest => {
    own.set(ingest.id, ingest);
    if (own.size > maxKept) own.delete(own.keys().next().value ?? '');
    return ingest;
  };
  return async (id, { signal } = {}) => {
    signal?.throwIfAborted();
    if (id === undefined) return keep(await begin(bucket, forget, signal));
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknownIngest(bucket, id);
    const known = own.get(id);
    if (known?.busy === true) return known;
    const found = await listIngest(bucket, id, signal);
    if (found === undefined) {
      forget(id);
      throw unknownIngest(bucket, id);
    }
    // Another process may have gone on with it meanwhile.
    if (known?.offset === found.size) return known;
    return keep(new S3Ingest(bucket, id, forget, found.pieces));
  };
}

async function begin(bucket: S3Bucket, forget: (id: string) => void, signal?: AbortSignal): Promise<S3Ingest> {
  const id = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const key = bucket.keyOf(`${ingestFolder(id)}begun`);
  const headers = bucket.settings.recordHeaders;
  await bucket.ask({
    method: 'PUT',
    key,
    headers,
    body: new Uint8Array(),
    expect: [200],
    action: ingestAction(id),
    signal,
  });
  return new S3Ingest(bucket, id, forget, []);
}

class S3Ingest implements Ingest {
  readonly id: string;
  readonly #bucket: S3Bucket;
  readonly #forget: (id: string) => void;
  #pieces: readonly Piece[];
  /** Of all bytes so far; undefined when another process wrote some of them, or when it was asked. */
  #hash: RunningHash | undefined;
  readonly #digests = new Map<DigestAlgorithm, Digest>();
  #state: 'open' | 'busy' | 'ended' = 'open';

  constructor(bucket: S3Bucket, id: string, forget: (id: string) => void, pieces: readonly Piece[]) {
    this.id = id;
    this.#bucket = bucket;
    this.#forget = forget;
    this.#pieces = pieces;
    if (pieces.length === 0) this.#hash = createHash('sha256');
  }

  get offset(): number {
    const last = this.#pieces.at(-1);
    return last === undefined ? 0 : last.offset + last.size;
  }

  get busy(): boolean {
    return this.#state === 'busy';
  }

  append(source: ByteSource, { signal }: OperationOptions = {}): Promise<{ readonly offset: number }> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      this.#digests.clear();
      await this.#write(source, signal);
      return { offset: this.offset };
    });
  }

  async #write(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    const { partSize, partsInFlight: inFlight } = this.#bucket.settings;
    const start = this.offset;
    const written: (Piece | undefined)[] = [];
    try {
      const onChunk = (chunk: Uint8Array): void => void this.#hash?.update(chunk);
      await sendParts(source, { partSize, inFlight, signal, onChunk }, async ({ index, bytes }) => {
        if (bytes.length > 0) written[index] = await this.#put(start + index * partSize, bytes, signal);
      });
    } catch (error) {
      // It has seen more than what is safely in.
      this.#hash = undefined;
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#keep(written);
    }
  }

  /** Takes the pieces up to the first that is missing. Those behind it are removed with the ingest. */
  #keep(written: readonly (Piece | undefined)[]): void {
    const missing = written.findIndex((piece) => piece === undefined);
    const safe = written.slice(0, missing < 0 ? undefined : missing).filter((piece) => piece !== undefined);
    this.#pieces = [...this.#pieces, ...safe];
  }

  async #put(offset: number, body: Uint8Array, signal: AbortSignal | undefined): Promise<Piece> {
    const token = toHex(crypto.getRandomValues(new Uint8Array(8)));
    const name = `${ingestFolder(this.id)}${String(offset).padStart(15, '0')}-${token}`;
    const headers = this.#bucket.settings.recordHeaders;
    const key = this.#bucket.keyOf(name);
    const size = body.length;
    await this.#bucket.ask({ method: 'PUT', key, headers, body, expect: [200], action: ingestAction(this.id), signal });
    return { name, offset, size };
  }

  commit(wanted: Digest | DigestAlgorithm, { signal }: OperationOptions = {}): Promise<CommittedBlob> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
      const digest = await this.#digest(isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted), signal);
      if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
      const size = this.offset;
      const created = await commitPieces(this.#bucket, digest, this.#pieces, signal);
      await this.#end();
      return { created, digest, size };
    });
  }

  /** The digest of all bytes: of the running hash where it saw them all, else of the pieces. */
  async #digest(algorithm: DigestAlgorithm, signal: AbortSignal | undefined): Promise<Digest> {
    let digest = this.#digests.get(algorithm);
    if (digest === undefined) {
      let hash = algorithm === 'sha256' ? this.#hash : undefined;
      if (hash === undefined) {
        hash = createHash(algorithm);
        for await (const chunk of chunksOfPieces(this.#bucket, this.#pieces, signal)) hash.update(chunk);
      } else {
        this.#hash = undefined;
      }
      digest = hash.digest();
      this.#digests.set(algorithm, digest);
    }
    return digest;
  }

  async abort(): Promise<void> {
    if (this.#state !== 'ended') await this.#end();
  }

  async #end(): Promise<void> {
    this.#state = 'ended';
    this.#forget(this.id);
    // What cannot be removed now is found by a sweep.
    await removeIngest(this.#bucket, this.id).catch(() => undefined);
  }

  /** One call at a time: two appends at once would write over one another. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#state === 'ended') throw unknownIngest(this.#bucket, this.id);
    if (this.#state === 'busy') throw inUse(this.#bucket, this.id);
    this.#state = 'busy';
    try {
      return await run();
    } finally {
      // Commit and abort end it meanwhile.
      if ((this.#state as string) === 'busy') this.#state = 'open';
    }
  }
}

function unknownIngest(bucket: S3Bucket, id: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `ingest ${JSON.stringify(id.slice(0, 100))} is not there`, {
    store: bucket.settings.address.id,
    hint: 'an ingest ends by commit, by abort, or by a sweep',
  });
}

function inUse(bucket: S3Bucket, id: string): StoreError {
  const { id: store } = bucket.settings.address;
  return new StoreError('ERR_CONFLICT', `ingest ${id} is in use`, { store, retryable: true });
}
