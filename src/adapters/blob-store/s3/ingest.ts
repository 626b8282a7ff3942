import { randomId } from '../../../bytes/random-id.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import {
  algorithmOf,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../digest/digest.ts';
import { digestMismatch } from '../../../digest/verify-stream.ts';
import { IngestDigest, IngestTurns, unknownIngest } from '../../../store/ingest-state.ts';
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
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknownIngest(bucket.settings.address.id, id);
    const known = own.get(id);
    if (known?.busy === true) return known;
    const found = await listIngest(bucket, id, signal);
    if (found === undefined) {
      forget(id);
      throw unknownIngest(bucket.settings.address.id, id);
    }
    // Another process may have gone on with it meanwhile.
    if (known?.offset === found.size) return known;
    return keep(new S3Ingest(bucket, id, forget, found.pieces));
  };
}

async function begin(bucket: S3Bucket, forget: (id: string) => void, signal?: AbortSignal): Promise<S3Ingest> {
  const id = randomId();
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
  readonly #digest: IngestDigest;
  readonly #turns: IngestTurns;

  constructor(bucket: S3Bucket, id: string, forget: (id: string) => void, pieces: readonly Piece[]) {
    this.id = id;
    this.#bucket = bucket;
    this.#forget = forget;
    this.#pieces = pieces;
    this.#digest = new IngestDigest(this.offset);
    this.#turns = new IngestTurns(bucket.settings.address.id, id);
  }

  get offset(): number {
    const last = this.#pieces.at(-1);
    return last === undefined ? 0 : last.offset + last.size;
  }

  get busy(): boolean {
    return this.#turns.busy;
  }

  append(source: ByteSource, { signal }: OperationOptions = {}): Promise<{ readonly offset: number }> {
    return this.#turns.take(async () => {
      signal?.throwIfAborted();
      await this.#write(source, signal);
      return { offset: this.offset };
    });
  }

  async #write(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    const { partSize, partsInFlight: inFlight } = this.#bucket.settings;
    const start = this.offset;
    const written: (Piece | undefined)[] = [];
    try {
      const onChunk = (chunk: Uint8Array): void => this.#digest.update(chunk);
      await sendParts(source, { partSize, inFlight, signal, onChunk }, async ({ index, bytes }) => {
        if (bytes.length > 0) written[index] = await this.#put(start + index * partSize, bytes, signal);
      });
    } catch (error) {
      // It has seen more than what is safely in.
      this.#digest.forget();
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
    const token = randomId(8);
    const name = `${ingestFolder(this.id)}${String(offset).padStart(15, '0')}-${token}`;
    const headers = this.#bucket.settings.recordHeaders;
    const key = this.#bucket.keyOf(name);
    const size = body.length;
    await this.#bucket.ask({ method: 'PUT', key, headers, body, expect: [200], action: ingestAction(this.id), signal });
    return { name, offset, size };
  }

  commit(wanted: Digest | DigestAlgorithm, { signal }: OperationOptions = {}): Promise<CommittedBlob> {
    return this.#turns.take(async () => {
      signal?.throwIfAborted();
      const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
      const algorithm = isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted);
      const read = (): AsyncIterable<Uint8Array> => chunksOfPieces(this.#bucket, this.#pieces, signal);
      const digest = await this.#digest.of(algorithm, read);
      if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
      const size = this.offset;
      const created = await commitPieces(this.#bucket, digest, this.#pieces, signal);
      await this.#end();
      return { created, digest, size };
    });
  }

  async abort(): Promise<void> {
    if (!this.#turns.ended) await this.#end();
  }

  async #end(): Promise<void> {
    this.#turns.end();
    this.#forget(this.id);
    // What cannot be removed now is found by a sweep.
    await removeIngest(this.#bucket, this.id).catch(() => undefined);
  }
}
