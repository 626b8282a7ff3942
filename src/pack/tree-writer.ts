import type { MemberCheck, TarEntryType } from '../archive/index.ts';
import { FormatError } from '../errors.ts';
import type { FileTransaction } from '../ports/file-sink.ts';

/** One thing that was written. */
export interface WrittenEntry {
  readonly path: string;
  readonly type: TarEntryType;
  /** Bytes of a file; 0 for anything else. */
  readonly size: number;
}

/** Writes checked entries into a transaction, and keeps count. */
export interface TreeWriter {
  readonly entries: readonly WrittenEntry[];
  /** The path was checked as part of the plan. A result that is no promise is finished. */
  file(
    path: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    size: number,
    executable: boolean,
  ): Promise<void> | undefined;
  directory(path: string): Promise<void> | undefined;
  link(type: 'symlink' | 'hardlink', path: string, target: string): Promise<void> | undefined;
  /** Checks an entry of an archive against everything that the tree has so far, whether it is written or not. */
  check(member: { readonly path: string; readonly type: TarEntryType; readonly target?: string | undefined }): void;
  result(): { readonly entries: readonly WrittenEntry[]; readonly files: number; readonly bytes: number };
}

/** A writer that refuses to write more than `limit` bytes in all. */
export function treeWriter(transaction: FileTransaction, members: MemberCheck, limit: number): TreeWriter {
  const entries: WrittenEntry[] = [];
  let files = 0;
  let bytes = 0;
  const note = (path: string, type: TarEntryType, size: number): void => void entries.push({ path, type, size });
  return {
    entries,
    file(path, content, size, executable) {
      bytes += size;
      if (bytes > limit) throw treeTooLarge(limit);
      files++;
      note(path, 'file', size);
      return transaction.file(path, content, { executable });
    },
    directory(path) {
      note(path, 'directory', 0);
      return transaction.directory(path);
    },
    link(type, path, target) {
      note(path, type, 0);
      return type === 'symlink' ? transaction.symlink(path, target) : transaction.hardlink(path, target);
    },
    check: (member) => members.check(member),
    result: () => ({ entries, files, bytes }),
  };
}

/** The error of files that are together larger than they may be. */
export function treeTooLarge(limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `files are together larger than the limit of ${limit} bytes`, {
    hint: 'raise limits.totalBytes if you trust the pack',
    details: { limit },
  });
}
