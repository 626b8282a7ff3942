import * as fs from 'node:fs';
import { posix } from 'node:path';
import { checkLinkTarget, checkLinks } from '../../bytes/link-target.ts';
import { checkPath } from '../../bytes/path.ts';
import { chunksOf } from '../../bytes/stream.ts';
import { FormatError } from '../../errors.ts';
import type { FileOptions } from '../../ports/file-sink.ts';
import { isErrno, storeFailure } from './failure.ts';
import { writeChunks } from './write-chunks.ts';
import { checkWindowsPath } from './windows-name.ts';

const { O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
// Windows has no O_NOFOLLOW; O_EXCL alone refuses a link there.
const createFlags = O_CREAT | O_EXCL | O_WRONLY | ((fs.constants.O_NOFOLLOW as number | undefined) ?? 0);

/** Small files are written without leaving the thread; the loop gets a turn after so many. */
const filesPerTurn = 64;

const checkName = process.platform === 'win32' ? (path: string) => checkWindowsPath(checkPath(path)) : checkPath;

/**
 * Writes a tree below a folder that was made for it and that nobody else can enter. Every folder on the way to a file
 * was made here, so no link can stand there; every file is made new and never opened through a link.
 */
export class TreeWriter {
  readonly #root: string;
  readonly #place: string;
  readonly #folders = new Set<string>();
  readonly #files = new Set<string>();
  readonly #links = new Map<string, string>();
  readonly #fixModes: boolean;

  /**
   * @param root - An empty folder with mode 0755 as far as the umask let it.
   * @param place - What it is to become, for the hints of errors.
   */
  constructor(root: string, place: string = root) {
    this.#root = root;
    this.#place = place;
    // A umask that takes nothing from 0755 takes nothing from 0644: then no mode needs to be set again.
    this.#fixModes = (fs.lstatSync(root).mode & 0o777) !== 0o755;
    if (this.#fixModes) fs.chmodSync(root, 0o755);
  }

  /** Paths of the regular files so far. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** Paths of the folders so far, without the root. */
  get folders(): ReadonlySet<string> {
    return this.#folders;
  }

  directory(path: string): void {
    checkName(path);
    this.#guard('folder', path, () => this.#folder(path));
  }

  file(
    path: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options: FileOptions = {},
  ): Promise<void> | undefined {
    checkName(path);
    const mode = options.executable === true ? 0o755 : 0o644;
    if (!ArrayBuffer.isView(content)) return this.#stream(path, content, mode, options.signal);
    options.signal?.throwIfAborted();
    this.#guard('file', path, () => {
      const descriptor = this.#create(path, mode);
      try {
        for (let offset = 0; offset < content.length;) offset += fs.writeSync(descriptor, content, offset);
      } finally {
        fs.closeSync(descriptor);
      }
    });
    return this.#files.size % filesPerTurn === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined;
  }

  async #stream(path: string, content: ReadableStream<Uint8Array>, mode: number, signal?: AbortSignal): Promise<void> {
    const descriptor = this.#guard('file', path, () => this.#create(path, mode));
    try {
      await writeChunks(descriptor, chunksOf(content, { signal }));
    } catch (error) {
      throw this.#failure('file', path, error);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  symlink(path: string, target: string): void {
    checkName(path);
    checkLinkTarget(path, target);
    this.#guard('link', path, () => {
      this.#folder(posix.dirname(path));
      fs.symlinkSync(target, this.#at(path));
    });
    this.#links.set(path, target);
  }

  hardlink(path: string, target: string): void {
    checkName(path);
    if (!this.#files.has(target)) {
      throw new FormatError(
        'ERR_UNSAFE_PATH',
        `hard link ${JSON.stringify(path)} names ${JSON.stringify(target)}, which is no file of this tree so far`,
        { details: { path, target } },
      );
    }
    this.#guard('link', path, () => {
      this.#folder(posix.dirname(path));
      fs.linkSync(this.#at(target), this.#at(path));
    });
    this.#files.add(path);
  }

  /** Looks at the tree as a whole: no link leads out of it through another one. */
  finish(): void {
    checkLinks(this.#links);
  }

  #at(path: string): string {
    return `${this.#root}/${path}`;
  }

  #create(path: string, mode: number): number {
    this.#folder(posix.dirname(path));
    const descriptor = fs.openSync(this.#at(path), createFlags, mode);
    this.#files.add(path);
    if (this.#fixModes) fs.fchmodSync(descriptor, mode);
    return descriptor;
  }

  /** Makes a folder and those above it. One that is there and was not made as a folder here is an error. */
  #folder(path: string): void {
    if (path === '.' || this.#folders.has(path)) return;
    this.#folder(posix.dirname(path));
    fs.mkdirSync(this.#at(path), 0o755);
    if (this.#fixModes) fs.chmodSync(this.#at(path), 0o755);
    this.#folders.add(path);
  }

  #guard<T>(what: string, path: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw this.#failure(what, path, error);
    }
  }

  #failure(what: string, path: string, error: unknown): unknown {
    if (isErrno(error, 'EEXIST', 'ENOTDIR', 'ELOOP')) return taken(path, error);
    const facts = { store: 'folder', action: 'write', what: `${what} ${JSON.stringify(path)}` } as const;
    return storeFailure(error, { ...facts, place: this.#place });
  }
}

function taken(path: string, cause: unknown): FormatError {
  return new FormatError(
    'ERR_UNSAFE_PATH',
    `path ${JSON.stringify(path)} is taken, or lies below something that is not a folder, in the tree that is written`,
    { cause, details: { path } },
  );
}
