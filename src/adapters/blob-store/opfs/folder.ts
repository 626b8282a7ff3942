import { UsageError } from '../../../errors.ts';
import { attempt, nameOf, type Attempt } from '../shared/browser-failure.ts';

/** Where a store lies in the file system of the origin. */
export interface OpfsStoreOptions {
  /** Names of folders, separated by `/`; `packwright` by default. Blobs and records may share it. */
  readonly directory?: string | undefined;
}

/** The folders of a store: blobs, when they were last found, records, and what is being written. */
export type FolderName = 'blobs' | 'found' | 'records' | 'tmp';

/** The folder of a store. */
export class OpfsFolder {
  readonly id: string;
  readonly #path: readonly string[];
  readonly #open: Map<FolderName, Promise<FileSystemDirectoryHandle>> = new Map();

  constructor({ directory = 'packwright' }: OpfsStoreOptions) {
    this.#path = pathOf(directory);
    this.id = `opfs:${directory}`;
  }

  /** One of the folders, made where it is missing. */
  async folder(name: FolderName): Promise<FileSystemDirectoryHandle> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opening = openFolder([...this.#path, name]);
    this.#open.set(name, opening);
    // Another time it may be possible.
    opening.catch(() => this.#open.delete(name));
    return opening;
  }

  /** A file, or undefined where it is not there. */
  async find(folder: FolderName, name: string): Promise<FileSystemFileHandle | undefined> {
    return orMissing(async () => (await this.folder(folder)).getFileHandle(name));
  }

  /** What a file has now, or undefined where it is not there. */
  async file(folder: FolderName, name: string): Promise<File | undefined> {
    return orMissing(async () => (await this.folder(folder)).getFileHandle(name).then((handle) => handle.getFile()));
  }

  /** A new file for what is being written. Where somebody cleared the storage, its folders are made again. */
  async create(name: string): Promise<FileSystemFileHandle> {
    try {
      return await (await this.folder('tmp')).getFileHandle(name, { create: true });
    } catch (error) {
      if (nameOf(error) !== 'NotFoundError') throw error;
      this.#open.clear();
      return (await this.folder('tmp')).getFileHandle(name, { create: true });
    }
  }

  /** False where there was no such file. */
  async remove(folder: FolderName, name: string): Promise<boolean> {
    const removed = await orMissing(async () => {
      await (await this.folder(folder)).removeEntry(name);
      return true;
    });
    return removed ?? false;
  }

  /** Runs while nobody else of this origin, in any page or worker, has the lock of this name. */
  async locked<T>(name: string, run: () => Promise<T>): Promise<T> {
    return navigator.locks.request(this.#lockName(name), () => run());
  }

  /** The same where the lock is free, else undefined. */
  async ifUnlocked<T>(name: string, run: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    return navigator.locks.request(this.#lockName(name), { ifAvailable: true }, async (lock) =>
      lock === null ? undefined : { result: await run() },
    );
  }

  #lockName(name: string): string {
    return `packwright ${this.id} ${name}`;
  }

  /** Runs what asks the browser. */
  run<T>(facts: Omit<Attempt, 'store'>, run: () => Promise<T>): Promise<T> {
    return attempt({ ...facts, store: this.id }, run);
  }
}

function pathOf(directory: unknown): readonly string[] {
  const names = typeof directory === 'string' ? directory.split('/') : [''];
  if (names.every((name) => name !== '' && name !== '.' && name !== '..')) return names;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'directory is not names of folders, separated by /', {
    argument: 'directory',
  });
}

async function openFolder(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
  const platform = globalThis.navigator as Partial<Navigator> | undefined;
  const storage = platform?.storage as Partial<StorageManager> | undefined;
  if (storage?.getDirectory === undefined || platform?.locks === undefined) {
    throw new UsageError('ERR_UNSUPPORTED', 'origin private file system is not there', {
      hint: 'pages have it where they come over HTTPS or from this machine; elsewhere use indexedDbBlobStore',
    });
  }
  let folder = await storage.getDirectory();
  for (const name of path) folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

async function orMissing<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (nameOf(error) === 'NotFoundError') return undefined;
    throw error;
  }
}

/** What browsers have, and TypeScript does not know. */
interface MovableHandle {
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** Gives a file its name: it appears there as a whole, in place of what was there. */
export async function moveFile(
  file: FileSystemFileHandle,
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<void> {
  const movable = file as MovableHandle;
  if (movable.move === undefined) {
    throw new UsageError('ERR_UNSUPPORTED', 'this browser cannot move files in the origin private file system', {
      hint: 'use indexedDbBlobStore',
    });
  }
  await movable.move(folder, name);
}
