import type { ByteSource } from '../../../bytes/source.ts';
import {
  algorithmOf,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../digest/digest.ts';
import { digestMismatch } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../../../ports/blob-store.ts';
import { busyIngest, IngestDigest, IngestTurns, unknownIngest } from '../../../store/ingest-state.ts';
import type { Database } from './database.ts';
import { chunkBytes, pieces, stoppable } from './pieces.ts';
import { readChunks } from './read-blob.ts';
import { Upload, UploadLost } from './upload.ts';

/** How many unfinished ingests keep the running hash of their bytes in this process. */
const remembered = 1000;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The `ingest` of a database. Whoever opens an ingest by its id holds it from then on; who held it before is refused
 * from his next call on.
 */
export function blobIngests(database: Database): NonNullable<BlobStore['ingest']> {
  const own = new Map<string, RowsIngest>();
  const keep = (ingest: RowsIngest): Ingest => {
    for (const id of own.keys()) if (own.size >= remembered) own.delete(id);
    own.set(ingest.id, ingest);
    return ingest;
  };
  const forget = (id: string): void => void own.delete(id);
  return async (id, { signal } = {}) => {
    signal?.throwIfAborted();
    if (id === undefined) return keep(new RowsIngest(database, await Upload.begin(database, { signal }), 0, forget));
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknownIngest(database.id, id);
    const known = own.get(id);
    if (known !== undefined && (await known.isHeld({ signal }))) return known;
    const upload = await Upload.takeOver(database, id, { signal });
    if (upload === undefined) throw unknownIngest(database.id, id);
    return keep(new RowsIngest(database, upload, await upload.length({ signal }), forget));
  };
}

class RowsIngest implements Ingest {
  readonly id: string;
  readonly #database: Database;
  readonly #forget: (id: string) => void;
  #upload: Upload;
  #offset: number;
  readonly #digest: IngestDigest;
  readonly #turns: IngestTurns;
  /** True when rows may come that were on their way when a call failed: before anything else, they are shut out. */
  #unsettled = false;

  constructor(database: Database, upload: Upload, offset: number, forget: (id: string) => void) {
    this.id = upload.id;
    this.#database = database;
    this.#upload = upload;
    this.#offset = offset;
    this.#forget = forget;
    this.#digest = new IngestDigest(offset);
    this.#turns = new IngestTurns(database.id, upload.id);
  }

  get offset(): number {
    return this.#offset;
  }

  /** True while no other process has opened it. */
  async isHeld(options: Options): Promise<boolean> {
    return !this.#turns.ended && this.#upload.isHeld(options);
  }

  append(source: ByteSource, { signal }: Options = {}): Promise<{ readonly offset: number }> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      await this.#settle(signal);
      const room = chunkBytes - (this.#offset % chunkBytes);
      const reading = stoppable(signal);
      let writing: Promise<void> = Promise.resolve();
      try {
        for await (const piece of pieces(source, { room, signal: reading.signal })) {
          await writing;
          writing = this.#write(piece, signal);
          writing.catch(reading.stop);
        }
      } finally {
        // Where the source failed, what it gave is written all the same, and counts.
        await writing.catch(() => undefined);
      }
      await writing;
      return { offset: this.#offset };
    });
  }

  async #write(piece: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const offset = this.#offset;
    try {
      await this.#upload.write(offset, piece, { flush: true, signal });
    } catch (error) {
      this.#unsettled = true;
      this.#digest.forget();
      throw error;
    }
    this.#digest.update(piece);
    this.#offset = offset + piece.length;
  }

  commit(wanted: Digest | DigestAlgorithm, { signal }: Options = {}): Promise<CommittedBlob> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
      await this.#settle(signal);
      const algorithm = isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted);
      const digest = await this.#digest.of(algorithm, () => this.#rows(signal));
      if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
      const { created } = await this.#upload.publish(digest, this.#offset, { signal });
      this.#end();
      return { created, digest, size: this.#offset };
    });
  }

  async abort(): Promise<void> {
    if (this.#turns.ended) return;
    this.#end();
    await this.#upload.forget();
  }

  #rows(signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const size = this.#offset;
    return readChunks(this.#database, { upload: this.id }, { size, start: 0, end: size }, signal);
  }

  /** After a call that failed: takes the ingest over from itself, and removes what came behind the offset. */
  async #settle(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#unsettled) return;
    const held = await this.#upload.isHeld({ signal });
    const upload = held ? await Upload.takeOver(this.#database, this.id, { signal }) : undefined;
    if (upload === undefined) throw new UploadLost(`ingest ${this.id} is gone, or another process holds it`);
    this.#upload = upload;
    if ((await upload.length({ signal })) < this.#offset) throw new UploadLost(`rows of ingest ${this.id} are gone`);
    await upload.cut(this.#offset, { signal });
    this.#unsettled = false;
  }

  #end(): void {
    this.#turns.end();
    this.#forget(this.id);
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      try {
        return await run();
      } catch (error) {
        throw error instanceof UploadLost ? await this.#lost(error) : error;
      }
    });
  }

  /** What to say where the upload is not as it was: somebody else has it, nobody has, or a crash took some of it. */
  async #lost(cause: UploadLost): Promise<StoreError> {
    const { id: store } = this.#database;
    if (await this.#upload.isHeld({})) {
      this.#offset = await this.#upload.length({});
      return new StoreError('ERR_STORE_WRITE', `ingest ${this.id} has only ${this.#offset} bytes left`, {
        cause,
        store,
        retryable: true,
        hint: 'go on from its offset',
      });
    }
    const taken = await Upload.exists(this.#database, this.id);
    if (!taken) this.#end();
    return taken ? busyIngest(store, this.id) : unknownIngest(store, this.id);
  }
}
