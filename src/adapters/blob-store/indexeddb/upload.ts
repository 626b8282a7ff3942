import { randomId } from '../../../bytes/random-id.ts';
import type { Digest } from '../../../digest/digest.ts';
import { pieceBytes } from '../shared/pieces.ts';
import { busyIngest, unknownIngest } from '../../../store/ingest-state.ts';
import type { Staged, StagedWriter, StagingArea } from '../shared/staging.ts';
import { answerOf, type Database, type Transaction } from './database.ts';
import { blobEntry, removeUpload, touch, uploadEntry, type UploadEntry } from './entries.ts';
import { readChunks } from './read-blob.ts';

/** Chunks under a random id. Whoever opens it by its id holds it from then on, and who held it before is refused. */
export function uploads(database: Database): StagingArea {
  return {
    store: database.id,
    create: () => new Upload(database, randomId(), randomId()),
    open: async (id) => {
      const staged = new Upload(database, id, randomId());
      const size = await staged.takeOver();
      return size === undefined ? undefined : { staged, size };
    },
  };
}

const writing: Transaction = { stores: ['uploads', 'chunks'], mode: 'readwrite' };

class Upload implements Staged {
  readonly id: string;
  readonly #database: Database;
  readonly #holder: string;

  constructor(database: Database, id: string, holder: string) {
    this.#database = database;
    this.id = id;
    this.#holder = holder;
  }

  /** Transactions keep callers apart. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    return run();
  }

  begin(): Promise<void> {
    return this.#run(writing, (running) => this.#save(running, 0));
  }

  takeOver(): Promise<number | undefined> {
    return this.#run(writing, async (running) => {
      const found = await uploadEntry(running, this.id);
      if (found !== undefined) await this.#save(running, found.size);
      return found?.size;
    });
  }

  confirm(size: number): Promise<void> {
    return this.#run(writing, (running) => this.#held(running, size));
  }

  async writer(offset: number): Promise<StagedWriter> {
    await this.confirm(offset);
    let end = offset;
    return {
      room: pieceBytes - (offset % pieceBytes),
      write: async (piece) => {
        await this.#write(end, piece);
        end += piece.length;
      },
      end: () => Promise.resolve(end),
    };
  }

  /** A piece, behind what its chunk has already. */
  #write(offset: number, piece: Uint8Array<ArrayBuffer>): Promise<void> {
    const key = [this.id, Math.floor(offset / pieceBytes)];
    return this.#run(writing, async (running) => {
      await this.#held(running, offset);
      const chunks = running.objectStore('chunks');
      const before = offset % pieceBytes === 0 ? undefined : ((await answerOf(chunks.get(key))) as Uint8Array);
      // The array itself would be stored with all of the memory that it is a view of.
      const chunk = new Uint8Array((before?.length ?? 0) + piece.length);
      if (before !== undefined) chunk.set(before);
      chunk.set(piece, before?.length ?? 0);
      await answerOf(chunks.put(chunk, key));
      await this.#save(running, offset + piece.length);
    });
  }

  read(size: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    return readChunks(this.#database, { upload: this.id }, { size, start: 0, end: size }, signal);
  }

  publish(digest: Digest, size: number): Promise<{ readonly created: boolean }> {
    const stores = ['blobs', ...writing.stores] as const;
    return this.#run({ stores, mode: 'readwrite', decisive: true }, async (running) => {
      await this.#held(running, size);
      const found = await blobEntry(running, digest);
      if (found !== undefined) {
        await touch(running, found);
        await removeUpload(running, this.id);
        return { created: false };
      }
      const entry = { digest, size, upload: this.id, modifiedAt: Date.now() };
      await answerOf(running.objectStore('blobs').put(entry, digest));
      await answerOf(running.objectStore('uploads').delete(this.id));
      return { created: true };
    });
  }

  /** Of an upload that became a blob the chunks stay. */
  forget(): Promise<void> {
    return this.#run(writing, async (running) => {
      if ((await uploadEntry(running, this.id)) !== undefined) await removeUpload(running, this.id);
    });
  }

  async #save(running: IDBTransaction, size: number): Promise<void> {
    const entry: UploadEntry = { id: this.id, holder: this.#holder, size, modifiedAt: Date.now() };
    await answerOf(running.objectStore('uploads').put(entry, this.id));
  }

  async #held(running: IDBTransaction, size: number): Promise<void> {
    const found = await uploadEntry(running, this.id);
    if (found === undefined) throw unknownIngest(this.#database.id, this.id);
    if (found.holder !== this.#holder || found.size !== size) throw busyIngest(this.#database.id, this.id);
  }

  #run<T>(transaction: Transaction, work: (running: IDBTransaction) => Promise<T>): Promise<T> {
    return this.#database.run({ action: 'write', what: `ingest ${this.id}` }, transaction, work);
  }
}
