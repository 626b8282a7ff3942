import type { OperationOptions } from './operation.ts';

/** A place that a tree of files is written to, all or nothing. */
export interface FileSink {
  /** Starts a tree. Nothing is visible before `commit`. */
  begin(options?: OperationOptions): Promise<FileTransaction>;
}

/**
 * A tree that is being written. Paths are relative, with `/`, and were checked by the caller; the sink still follows no
 * link, replaces nothing that it did not make, and makes parent folders itself. A method that returns nothing has
 * finished; one that returns a promise must be awaited before the next call.
 */
export interface FileTransaction {
  /** A folder; one that is there already is fine. */
  directory(path: string): Promise<void> | undefined;
  /** Writes a file. A stream that fails makes the call fail, and the file never becomes visible. */
  file(
    path: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options?: FileOptions,
  ): Promise<void> | undefined;
  /** A symbolic link; its target was checked to stay inside the tree. */
  symlink(path: string, target: string): Promise<void> | undefined;
  /** Another name for a file of this tree that was written before. */
  hardlink(path: string, target: string): Promise<void> | undefined;
  /** Makes the whole tree visible. */
  commit(): Promise<void>;
  /** Removes everything that was written. Harmless after commit. */
  rollback(): Promise<void>;
}

/** What a file has besides its bytes. */
export interface FileOptions {
  /** 0755 rather than 0644. */
  readonly executable?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
