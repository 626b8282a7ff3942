/**
 * Files and folders of a disk as what gets packed.
 *
 * @module
 */
import { realpathSync, statSync } from 'node:fs';
import type { ByteSource } from '../../bytes/source.ts';
import { UsageError } from '../../errors.ts';
import { checkOptions } from '../../bytes/check-options.ts';
import { isErrno } from '../node/failure.ts';
import { openFile, readFailure } from '../node/file-bytes.ts';
import { walkEntries, type FolderEntry } from '../node/walk-folder.ts';

export type { FolderEntry };

/** How a file is opened. */
export interface FileBytesOptions {
  /** False refuses a path that is a symbolic link itself. True by default: the caller named it. */
  readonly followLinks?: boolean | undefined;
}

/**
 * A file as a {@link ByteSource}. It is read when it is asked for: up to 64 KiB at once, as `bytes`; more than that 1 MiB
 * at a time. Reading fails when the file was changed since this call.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is no such file, or it is a folder, a pipe or a device;
 * StoreError `ERR_STORE_READ` where it cannot be read.
 */
export async function fileBytes(path: string, options: FileBytesOptions = {}): Promise<ByteSource> {
  checkOptions('fileBytes', options, ['followLinks']);
  try {
    return openFile(path, { followLinks: options.followLinks ?? true }).source;
  } catch (error) {
    throw namedFailure('file', path, error);
  }
}

/** How a folder is walked. */
export interface WalkFolderOptions {
  /** More entries than this are refused; a million by default. */
  readonly maxEntries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Everything below a folder as the entries of an archive, sorted bytewise by their whole path: folders, regular files
 * with the owner's executable bit, and symbolic links that stay inside. No link is followed. Folders are read as their
 * turn comes and files when their bytes are asked for, without leaving the thread: let others have a turn in between.
 *
 * @throws FormatError `ERR_UNSAFE_PATH` for a link that leads out, a socket, a pipe, a device, and a name that not
 * every system can hold; `ERR_LIMIT_EXCEEDED` for too many entries. UsageError `ERR_INVALID_ARGUMENT` where there is
 * no such folder; StoreError `ERR_STORE_READ` where something cannot be read, or changes.
 */
export function walkFolder(path: string, options: WalkFolderOptions = {}): Iterable<FolderEntry> {
  checkOptions('walkFolder', options, ['maxEntries', 'signal']);
  const { maxEntries = 1_000_000, signal } = options;
  return walkEntries(realFolder(path), { maxEntries, signal });
}

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    throw namedFailure('folder', path, error);
  }
  throw new UsageError('ERR_INVALID_ARGUMENT', `${JSON.stringify(path)} is not a folder`, { argument: 'path' });
}

function namedFailure(what: string, path: string, error: unknown): unknown {
  if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return readFailure(path, error);
  const problem = error.code === 'ENOENT' ? 'does not exist' : `is not a ${what} that can be read`;
  return new UsageError('ERR_INVALID_ARGUMENT', `${what} ${JSON.stringify(path)} ${problem}`, {
    cause: error,
    argument: 'path',
    hint: 'check that the path is right',
  });
}
