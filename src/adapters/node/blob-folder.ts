import { closeSync, lstatSync, renameSync, utimesSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { algorithmOf, digestOf, type Digest } from '../../digest/digest.ts';
import type { BlobStat } from '../../ports/blob-store.ts';
import { openNew, syncFolder } from './atomic-file.ts';
import { isErrno, type FailureFacts } from './failure.ts';
import { Folders, removeEmptyFolder } from './folders.ts';
import { removeFile, sweepTemporary, temporaryName } from './temporary.ts';

/** Up to here bytes are moved in one go: asynchronous calls would cost more than they free. */
export const smallBlob: number = 256 * 1024;

/** Where blobs lie, and how they are kept. */
export interface BlobFilesOptions {
  /** Names the store in errors and events. */
  readonly id: string;
  /** The folder of the blobs. Made when the first blob is written. */
  readonly directory: string;
  /** Where a blob lies below `directory`: the algorithm, then the hex, cut into segments or not. */
  readonly pathOf: (digest: Digest) => string;
  /** A folder outside `directory`, on the same file system, for what is being written. Removed when nothing is. */
  readonly temporary: string;
  /** Flushes each blob and its folder to the disk before a write counts as done. False by default. */
  readonly durable?: boolean | undefined;
  /** How long what a process left can be gone on with, in milliseconds. 24 hours by default. */
  readonly ingestLifetime?: number | undefined;
  /** True where ingests are of no use without their process, and are removed as soon as it is gone. */
  readonly ownIngests?: boolean | undefined;
}

/** A temporary file that is open for writing. */
export interface StagedFile {
  readonly path: string;
  readonly file: number;
}

/** The steps that all writers and readers of a folder of blobs share. */
export class BlobFolder {
  readonly id: string;
  readonly directory: string;
  readonly temporary: string;
  readonly durable: boolean;
  /** How the names of ingests start: `own` for those that nobody else goes on with. */
  readonly ingestKind: 'ingest' | 'own';
  /** True when the disk was found to be full: nothing is kept then that is not a blob. */
  full = false;
  readonly #pathOf: (digest: Digest) => string;
  readonly #lifetime: number | undefined;
  readonly #folders = new Folders();
  readonly #flushed = new Set<string>();
  #writers = 0;
  #written = 0;
  #sweptAt = -Infinity;

  constructor(options: BlobFilesOptions) {
    this.id = options.id;
    this.directory = resolve(options.directory);
    this.temporary = resolve(options.temporary);
    this.durable = options.durable ?? false;
    this.#pathOf = options.pathOf;
    this.#lifetime = options.ingestLifetime;
    this.ingestKind = options.ownIngests === true ? 'own' : 'ingest';
  }

  /** The file of a blob. */
  fileOf(digest: Digest): string {
    return join(this.directory, this.#pathOf(digest));
  }

  /** True when a blob lies at the path below the folder that the segments make. */
  isPlaceOf(digest: Digest, segments: readonly string[]): boolean {
    return this.#pathOf(digest) === segments.join('/');
  }

  /** What an error about a blob says. */
  facts(action: FailureFacts['action'], digest: Digest): FailureFacts {
    return { store: this.id, action, what: `blob ${digest}`, digest, place: this.directory };
  }

  /**
   * What is known of a blob: undefined unless a regular file stands under its name. An empty file is what a power
   * loss leaves, and counts as no blob, unless the blob is empty.
   */
  find(digest: Digest): BlobStat | undefined {
    const stat = statOf(this.fileOf(digest));
    if (stat?.isFile() !== true) return undefined;
    if (stat.size === 0 && digest !== emptyDigest(digest)) return undefined;
    return { digest, size: stat.size, modifiedAt: stat.mtimeMs };
  }

  /**
   * True when a blob is there, and has the size where that is known. Its time is set to now, so that the grace of a
   * garbage collection counts from the last writer that relied on it.
   */
  reuse(digest: Digest, size: number | undefined): boolean {
    const found = this.find(digest);
    if (found === undefined || (size !== undefined && found.size !== size)) return false;
    try {
      const now = new Date();
      utimesSync(this.fileOf(digest), now, now);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return false;
      // A store of somebody else that may only be read: its blobs can be relied on all the same.
      if (!isErrno(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
    }
    return true;
  }

  /** Runs a writer. Clears first what dead processes left; the last writer removes the temporary folder. */
  async writing<T>(run: () => Promise<T>): Promise<T> {
    this.#writers++;
    try {
      if (Date.now() - this.#sweptAt > sweepInterval) this.#sweep();
      // What is small is written without waiting; a signal and a timer must have their turn all the same.
      if (++this.#written % 64 === 0) await setImmediate();
      return await run();
    } catch (error) {
      this.tidy();
      throw error;
    } finally {
      if (--this.#writers === 0) removeEmptyFolder(this.temporary);
    }
  }

  /** Removes the folders that were made for what is gone again. A writer that misses one makes it again. */
  tidy(): void {
    removeEmptyFolder(this.temporary);
    this.#folders.removeEmpty();
  }

  #sweep(): void {
    this.#sweptAt = Date.now();
    sweepStaged(this.temporary, this.#lifetime);
  }

  /** Makes a temporary file, and opens it for writing. */
  stage(name: string = temporaryName('put')): StagedFile {
    const path = join(this.temporary, name);
    return { path, file: this.#folders.within(this.temporary, () => openNew(path)) };
  }

  /** Gives a checked temporary file the name of its blob. False, and the file is gone, when the blob is there already. */
  async publish(path: string, digest: Digest, size: number): Promise<boolean> {
    const target = this.fileOf(digest);
    const created = this.#place(path, target, digest, size);
    if (!created) removeFile(path);
    // Also for a blob that was there: whoever wrote it may not have come so far yet.
    if (this.durable) await this.#syncAbove(target);
    return created;
  }

  #place(path: string, target: string, digest: Digest, size: number): boolean {
    if (this.reuse(digest, size)) return false;
    try {
      this.#folders.within(dirname(target), () => renameSync(path, target));
      return true;
    } catch (error) {
      // Windows refuses to replace a file that somebody reads. When it is the same blob, that is as good.
      if (isErrno(error, 'EPERM', 'EBUSY', 'EACCES', 'EEXIST') && this.reuse(digest, size)) return false;
      throw error;
    }
  }

  /** A folder must be flushed for each name in it, the ones above it once. */
  async #syncAbove(target: string): Promise<void> {
    const last = dirname(target);
    await syncFolder(last);
    if (this.#flushed.has(last)) return;
    for (let folder = last; folder !== this.directory;) {
      folder = dirname(folder);
      await syncFolder(folder);
    }
    await syncFolder(dirname(this.directory));
    this.#flushed.add(last);
  }
}

/** What of a temporary folder is of use without its process: uploads, and the first bytes of blobs. */
const kept = /^(ingest|partial)-/;
const idle = /^partial-.*-idle-/;
const sweepInterval = 60 * 60 * 1000;

/** Removes what dead processes left, and what waited too long for somebody to go on with it. */
export function sweepStaged(temporary: string, lifetime?: number): void {
  sweepTemporary(temporary, { lifetime, keep: (label) => kept.test(label), ownerless: (label) => idle.test(label) });
}

/** Closes a checked temporary file, and makes it a blob. False when that was there. */
export async function publishStaged(
  folder: BlobFolder,
  staged: StagedFile,
  digest: Digest,
  size: number,
): Promise<boolean> {
  closeSync(staged.file);
  try {
    return await folder.publish(staged.path, digest, size);
  } catch (error) {
    removeFile(staged.path);
    throw error;
  }
}

/** Closes a file and removes it: what becomes of a staged file that nobody wants. */
export function discard(staged: StagedFile): void {
  closeSync(staged.file);
  removeFile(staged.path);
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function emptyDigest(like: Digest): Digest {
  return digestOf(new Uint8Array(), algorithmOf(like));
}
