/**
 * A folder as a place for a tree of files.
 *
 * @module
 */
import { dirname } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import { StoreError } from '../../errors.ts';
import type { FileOptions, FileSink, FileTransaction } from '../../ports/file-sink.ts';
import { storeFailure } from '../node/failure.ts';
import { placeTree } from '../node/place-tree.ts';
import { prepareTarget, type SinkTarget } from '../node/sink-target.ts';
import { discardStage, removeStage } from '../node/stage.ts';
import { syncFolder, syncTree } from '../node/sync-tree.ts';
import { TreeWriter } from '../node/tree-writer.ts';

/** Where {@link fsSink} writes, and how. */
export interface FsSinkOptions {
  /** The folder that the tree becomes. Missing or empty, unless `merge`. */
  readonly directory: string;
  /**
   * Adds the tree to a folder that is not empty. Nothing that is there is replaced, and a conflict is found before the
   * first change; but files appear one by one, and a process that is killed in between leaves some of them.
   */
  readonly merge?: boolean | undefined;
  /** With `merge`: a file that is there gives way to one of the same path. Folders and files never replace each other. */
  readonly overwrite?: boolean | undefined;
  /** Flushes everything to the disk before `commit` returns, so that it survives a loss of power. */
  readonly durable?: boolean | undefined;
}

/**
 * A folder as a place for a tree of files.
 *
 * The tree is made in a folder beside the target that nobody else can enter, and gets its name by one rename: until
 * then the target is as it was, also when the process is killed; what a killed process left is removed by the next run.
 * A target that cannot be replaced (a mount point, the current folder) takes the finished entries one by one.
 *
 * Files have mode 0644 or 0755 and folders 0755, whatever the umask.
 *
 * @throws StoreError (from `begin` and `commit`) `ERR_CONFLICT` where the folder is not empty, `ERR_STORE_QUOTA` for a
 * full disk, `ERR_STORE_WRITE` for anything else that the system refuses.
 */
export function fsSink(options: FsSinkOptions): FileSink {
  checkOptions('fsSink', options, ['directory', 'merge', 'overwrite', 'durable']);
  checkDirectory('fsSink', options.directory);
  return {
    async begin({ signal } = {}) {
      signal?.throwIfAborted();
      try {
        return new FsTransaction(options, prepareTarget(options.directory, options.merge === true), signal);
      } catch (error) {
        throw targetFailure(options.directory, error);
      }
    },
  };
}

class FsTransaction implements FileTransaction {
  readonly #options: FsSinkOptions;
  readonly #target: SinkTarget;
  readonly #signal: AbortSignal | undefined;
  readonly #writer: TreeWriter;
  #state: 'open' | 'failed' | 'ended' = 'open';

  constructor(options: FsSinkOptions, target: SinkTarget, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#target = target;
    this.#signal = signal;
    this.#writer = new TreeWriter(target.stage.tree, options.directory);
  }

  directory(path: string): undefined {
    this.#run(() => this.#writer.directory(path));
  }

  file(
    path: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options?: FileOptions,
  ): Promise<void> | undefined {
    const writing = this.#run(() => this.#writer.file(path, content, options));
    writing?.catch(() => (this.#state = 'failed'));
    return writing;
  }

  symlink(path: string, target: string): undefined {
    this.#run(() => this.#writer.symlink(path, target));
  }

  hardlink(path: string, target: string): undefined {
    this.#run(() => this.#writer.hardlink(path, target));
  }

  async commit(): Promise<void> {
    const { path, stage, into } = this.#target;
    const { durable = false, overwrite = false } = this.#options;
    this.#run(() => {
      this.#signal?.throwIfAborted();
      this.#writer.finish();
    });
    try {
      if (durable) await syncTree(stage.tree, this.#writer.files, this.#writer.folders);
      placeTree({ stage, target: path, into, overwrite });
      this.#state = 'ended';
      discardStage(stage);
      if (durable) await syncFolder(into ? path : dirname(path));
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw targetFailure(path, error);
    }
  }

  async rollback(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    try {
      removeStage(this.#target.stage);
    } catch (error) {
      throw targetFailure(this.#target.stage.path, error);
    }
    this.#target.parents.removeEmpty();
  }

  /** After a failure nothing more is written, and nothing can become visible. */
  #run<T>(work: () => T): T {
    if (this.#state !== 'open') {
      throw new StoreError('ERR_STORE_WRITE', `tree cannot be written to: the transaction has ${this.#state}`);
    }
    try {
      return work();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }
}

function targetFailure(path: string, error: unknown): unknown {
  const what = `target folder ${JSON.stringify(path)}`;
  return storeFailure(error, { store: 'folder', action: 'write', what, place: path });
}
