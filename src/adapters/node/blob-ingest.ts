import { closeSync, constants, ftruncateSync, lstatSync, openSync, renameSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ByteSource } from '../../bytes/source.ts';
import { algorithmOf, isDigestAlgorithm, parseDigest, type Digest, type DigestAlgorithm } from '../../digest/digest.ts';
import { digestMismatch } from '../../digest/verify-stream.ts';
import { busyIngest, IngestDigest, IngestTurns, unknownIngest } from '../../store/ingest-state.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../../ports/blob-store.ts';
import { syncFile, writeFully } from './atomic-file.ts';
import { smallBlob, type BlobFolder } from './blob-folder.ts';
import { isErrno, orStoreFailure, SourceFailure, type FailureFacts } from './failure.ts';
import { openFileStream } from './file-stream.ts';
import { sourceChunks, writeChunks } from './write-chunks.ts';
import { chunksOf } from '../../bytes/stream.ts';
import { currentOwner, formatOwner, isAlive } from './owner.ts';
import { ageOf, removeFile, restingTime, temporaryFiles } from './temporary.ts';

const openExisting = constants.O_RDWR | constants.O_NOFOLLOW;

/**
 * The `ingest` of a folder of blobs. The bytes are in one temporary file, whose name says the id and the owner: an
 * ingest changes hands by a rename, which only one of several takers can win. Nothing is open between two calls.
 */
export function blobIngests(folder: BlobFolder): NonNullable<BlobStore['ingest']> {
  const own = new Map<string, FileIngest>();
  return async (id, { signal } = {}) => {
    signal?.throwIfAborted();
    const known = id === undefined ? undefined : own.get(id);
    if (known !== undefined) return known;
    const forget = (ingest: FileIngest): void => void own.delete(ingest.id);
    const ingest = await (id === undefined ? begin(folder, forget) : resume(folder, id, forget));
    own.set(ingest.id, ingest);
    return ingest;
  };
}

type Forget = (ingest: FileIngest) => void;

function factsOf(folder: BlobFolder, id: string): FailureFacts {
  return { store: folder.id, action: 'write', what: `ingest ${id}`, place: folder.temporary };
}

function nameOf(folder: BlobFolder, id: string): string {
  return `${folder.ingestKind}-${id}~${formatOwner(currentOwner())}`;
}

function begin(folder: BlobFolder, forget: Forget): Promise<FileIngest> {
  const id = randomUUID();
  return orStoreFailure(factsOf(folder, id), () =>
    folder.writing(() => {
      const { path, file } = folder.stage(nameOf(folder, id));
      closeSync(file);
      return Promise.resolve(new FileIngest({ folder, id, path, size: 0, forget }));
    }),
  );
}

function resume(folder: BlobFolder, id: string, forget: Forget): Promise<FileIngest> {
  return orStoreFailure(factsOf(folder, id), () => {
    const path = takeOver(folder, id);
    return new FileIngest({ folder, id, path, size: lstatSync(path).size, forget });
  });
}

/** Makes the file of an ingest one of this process, unless another one that may still live has it. */
function takeOver(folder: BlobFolder, id: string): string {
  const found = temporaryFiles(folder.temporary).find(({ label }) => isIngest(label, id));
  if (found === undefined) throw unknownIngest(folder.id, id);
  const from = join(folder.temporary, found.name);
  const to = join(folder.temporary, nameOf(folder, id));
  if (from === to) return to;
  if (isAlive(found.owner) ?? ageOf(from) < restingTime) throw busyIngest(folder.id, id);
  try {
    renameSync(from, to);
    return to;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw busyIngest(folder.id, id);
    throw error;
  }
}

function isIngest(label: string, id: string): boolean {
  return label === `ingest-${id}` || label === `own-${id}`;
}

class FileIngest implements Ingest {
  readonly id: string;
  readonly #folder: BlobFolder;
  readonly #path: string;
  readonly #forget: Forget;
  #offset: number;
  readonly #digest: IngestDigest;
  readonly #turns: IngestTurns;

  constructor(at: { folder: BlobFolder; id: string; path: string; size: number; forget: Forget }) {
    this.id = at.id;
    this.#folder = at.folder;
    this.#path = at.path;
    this.#offset = at.size;
    this.#forget = at.forget;
    this.#digest = new IngestDigest(at.size);
    this.#turns = new IngestTurns(at.folder.id, at.id);
  }

  get offset(): number {
    return this.#offset;
  }

  append(source: ByteSource, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<{ offset: number }> {
    return this.#alone(async () => {
      options.signal?.throwIfAborted();
      const file = openSync(this.#path, openExisting);
      try {
        await this.#write(file, source, options.signal);
      } finally {
        closeSync(file);
      }
      return { offset: this.#offset };
    });
  }

  async #write(file: number, source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    const start = this.#offset;
    try {
      if (source.bytes !== undefined && source.bytes.length <= smallBlob) {
        writeFully(file, source.bytes, start);
        this.#add(source.bytes);
      } else {
        await writeChunks(file, sourceChunks(source, signal), {
          position: start,
          onPiece: (piece) => this.#add(piece),
        });
      }
      if (this.#folder.durable) await syncFile(file);
    } catch (error) {
      // When the source fails, all that it gave is written. When writing fails, nobody knows how much is.
      if (!(error instanceof SourceFailure)) this.#fallBack(file, start);
      throw error;
    }
  }

  #add(piece: Uint8Array): void {
    this.#digest.update(piece);
    this.#offset += piece.length;
  }

  #fallBack(file: number, offset: number): void {
    this.#offset = offset;
    this.#digest.forget();
    ftruncateSync(file, offset);
  }

  commit(
    wanted: Digest | DigestAlgorithm,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<CommittedBlob> {
    return this.#alone(() =>
      this.#folder.writing(async () => {
        const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
        const algorithm = isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted);
        const digest = await this.#digest.of(algorithm, () => this.#read(options.signal));
        if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
        const created = await this.#folder.publish(this.#path, digest, this.#offset);
        this.#end();
        return { created, digest, size: this.#offset };
      }),
    );
  }

  async *#read(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    yield* chunksOf(await openFileStream(this.#path, { end: this.#offset, signal }), { signal });
  }

  abort(): Promise<void> {
    if (this.#turns.ended) return Promise.resolve();
    this.#end();
    removeFile(this.#path);
    this.#folder.tidy();
    return Promise.resolve();
  }

  #end(): void {
    this.#turns.end();
    this.#forget(this);
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => orStoreFailure(factsOf(this.#folder, this.id), run));
  }
}
