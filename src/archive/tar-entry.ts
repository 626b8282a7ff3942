import type { ByteSource } from '../bytes/source.ts';

/** The kinds of entry that packwright writes and reads. Devices, fifos and sparse files are refused. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink';

/** One entry to write. */
export interface TarEntry {
  /** Safe and relative (see `checkPath`), without a trailing slash. */
  readonly path: string;
  readonly type: TarEntryType;
  /** 0755 rather than 0644, for files and hard links. Directories are 0755, symbolic links 0777. */
  readonly executable?: boolean | undefined;
  /** Of a symbolic link: what it says. Of a hard link: the path of a file that comes before it. */
  readonly target?: string | undefined;
  /** Content of a file; its `size` must be known. No source is an empty file. */
  readonly source?: ByteSource | undefined;
  /** Seconds since 1970, an integer; 0 by default. */
  readonly mtime?: number | undefined;
}

/** The size of a tar block (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const blockSize = 512;

/** How many zeros follow a body of this size. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** The type flag of each kind of entry. */
export const typeFlags: Readonly<Record<TarEntryType, string>> = /* @__PURE__ */ Object.freeze({
  file: '0',
  hardlink: '1',
  symlink: '2',
  directory: '5',
});
