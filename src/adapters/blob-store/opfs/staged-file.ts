import { randomId } from '../../../bytes/random-id.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { Attempt } from '../shared/browser-failure.ts';
import { busyIngest, unknownIngest } from '../../../store/ingest-state.ts';
import type { Staged, StagedWriter, StagingArea } from '../shared/staging.ts';
import { blobName, markFound } from './blob-files.ts';
import { moveFile, type OpfsFolder } from './folder.ts';
import { openWriter } from './file-writer.ts';
import { fileChunks } from './read-file.ts';

/** Files that nobody sees: `put-…` of a put, `ingest-…` of an ingest, which goes on by its id. */
export function stagedFiles(folder: OpfsFolder): StagingArea {
  return {
    store: folder.id,
    create: (kind) => {
      const id = randomId();
      return new StagedFile(folder, id, `${kind}-${id}`);
    },
    open: async (id) => {
      const staged = new StagedFile(folder, id, `ingest-${id}`);
      const size = await staged.size();
      return size === undefined ? undefined : { staged, size };
    },
  };
}

class StagedFile implements Staged {
  readonly id: string;
  readonly #folder: OpfsFolder;
  readonly #name: string;

  constructor(folder: OpfsFolder, id: string, name: string) {
    this.id = id;
    this.#folder = folder;
    this.#name = name;
  }

  /** The lock goes with the page that has it, so nobody waits for one that was closed. */
  async alone<T>(run: () => Promise<T>): Promise<T> {
    const done = await this.#folder.ifUnlocked(this.#name, run);
    if (done === undefined) throw busyIngest(this.#folder.id, this.id);
    return done.result;
  }

  begin(): Promise<void> {
    return this.#run(async () => {
      await this.#folder.create(this.#name);
    });
  }

  size(): Promise<number | undefined> {
    return this.#run(async () => (await this.#folder.file('tmp', this.#name))?.size);
  }

  async confirm(size: number): Promise<void> {
    const found = await this.size();
    if (found === undefined) throw unknownIngest(this.#folder.id, this.id);
    if (found !== size) throw busyIngest(this.#folder.id, this.id);
  }

  async writer(offset: number): Promise<StagedWriter> {
    await this.confirm(offset);
    const writer = await this.#run(async () => openWriter(await this.#handle(), offset));
    return {
      room: writer.room,
      write: (piece) => this.#run(() => writer.write(piece)),
      end: (failed) => this.#run(() => writer.end(failed)),
    };
  }

  async *read(size: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const file = await this.#run(async () => (await this.#handle()).getFile());
    yield* fileChunks(file, 0, size, signal);
  }

  publish(digest: Digest): Promise<{ readonly created: boolean }> {
    const name = blobName(digest);
    return this.#run(() =>
      this.#folder.locked(name, async () => {
        if (await markFound(this.#folder, name)) {
          await this.#folder.remove('tmp', this.#name);
          return { created: false };
        }
        await moveFile(await this.#handle(), await this.#folder.folder('blobs'), name);
        return { created: true };
      }),
    );
  }

  forget(): Promise<void> {
    return this.#run(async () => {
      await this.#folder.remove('tmp', this.#name);
    });
  }

  async #handle(): Promise<FileSystemFileHandle> {
    const found = await this.#folder.find('tmp', this.#name);
    if (found === undefined) throw unknownIngest(this.#folder.id, this.id);
    return found;
  }

  #run<T>(run: () => Promise<T>): Promise<T> {
    const facts: Omit<Attempt, 'store'> = { action: 'write', what: `upload ${this.id}` };
    return this.#folder.run(facts, run);
  }
}
