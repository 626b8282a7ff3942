import { closeSync, constants, fsync, openSync, renameSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isErrno } from './failure.ts';
import { Folders } from './folders.ts';
import { removeFile, temporaryName } from './temporary.ts';

/** Flushes an open file to the disk. */
export const syncFile: (file: number) => Promise<void> = promisify(fsync);

// Windows has no O_NOFOLLOW, and says undefined, which counts as no flag.
const createNew = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

/** Opens a file that must not exist yet, for writing. */
export function openNew(path: string, mode = 0o644): number {
  return openSync(path, createNew, mode);
}

/** Writes all bytes, also where the system takes them in parts. */
export function writeFully(file: number, bytes: Uint8Array, position: number | null = null): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, position === null ? null : position + done);
  }
}

/**
 * Puts bytes into a file that must not exist yet: whoever is second fails. Where writing fails, nothing is left.
 */
export async function createFile(
  path: string,
  bytes: Uint8Array,
  { durable = false, mode }: Pick<ReplaceOptions, 'durable' | 'mode'> = {},
): Promise<void> {
  const file = openNew(path, mode);
  try {
    await fillFile(file, bytes, durable);
  } catch (error) {
    removeFile(path);
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

/** Where and how a file is replaced. */
export interface ReplaceOptions {
  /** The folder for the temporary file, on the same file system. */
  readonly temporary: string;
  /** Flushes the file before, and its folder after it gets its name. */
  readonly durable?: boolean | undefined;
  readonly folders?: Folders | undefined;
  /** Who may do what with the file; 0644 by default. */
  readonly mode?: number | undefined;
}

/** Puts bytes under a name in one step: whoever reads sees the old file or the new one, whole. */
export async function replaceFile(path: string, bytes: Uint8Array, options: ReplaceOptions): Promise<void> {
  const { temporary, durable = false, folders = new Folders(), mode } = options;
  const staged = join(temporary, temporaryName('put'));
  const folder = dirname(path);
  const file = folders.within(temporary, () => openNew(staged, mode));
  try {
    await fillFile(file, bytes, durable);
    folders.within(folder, () => renameSync(staged, path));
  } catch (error) {
    removeFile(staged);
    throw error;
  }
  if (durable) await syncFolder(folder);
}

/** Writes all of a file that was just opened, flushes it where `durable` says so, and closes it in any case. */
async function fillFile(file: number, bytes: Uint8Array, durable: boolean): Promise<void> {
  try {
    writeFully(file, bytes);
    if (durable) await syncFile(file);
  } finally {
    closeSync(file);
  }
}

/** Flushes the entries of a folder, which is what makes a rename last. Systems that cannot do that are let be. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, constants.O_RDONLY);
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (!isErrno(error, 'EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP')) throw error;
  }
}
