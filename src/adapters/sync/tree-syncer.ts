import { checkOptions } from '../../bytes/check-options.ts';
import type { PackLocation } from '../../pack/pack-location.ts';
import type { OperationOptions } from '../../ports/operation.ts';
import { untilAborted } from '../../bytes/until-aborted.ts';
import {
  nameOf,
  syncTree,
  treeFolderKeys,
  type SyncedTree,
  type SyncTreeOptions,
  type TreeFolderOptions,
} from './sync-tree.ts';

/** How a host keeps its tree. */
export interface TreeSyncerOptions extends TreeFolderOptions, Omit<OperationOptions, 'parent'> {
  /** Is told each status when it begins. What it throws is nobody's concern. */
  readonly onStatus?: ((status: SyncStatus) => void) | undefined;
}

/** What a host is at. */
export type SyncStatus =
  | { readonly state: 'idle' }
  | { readonly state: 'syncing'; readonly target: string; readonly next?: string | undefined }
  | { readonly state: 'ready'; readonly target: string; readonly tree: SyncedTree }
  | { readonly state: 'error'; readonly target: string; readonly error: unknown };

/** Brings a folder to what was asked for last. */
export interface TreeSyncer {
  /** What happens now. */
  readonly status: SyncStatus;
  /**
   * Asks for a target. While a run goes on, only the last target that was asked for is kept, and synced after it. Gives
   * the tree of the run that answered the request: of this target, or of a later one. `signal` ends the waiting only.
   *
   * @throws as `syncTree` does.
   */
  request(target: PackLocation, options?: { readonly signal?: AbortSignal | undefined }): Promise<SyncedTree>;
}

/**
 * Syncs one target after another into a folder, and never two at a time: requests that come while one is synced are
 * answered by one run, with the last of them. A run that fails leaves the tree that was in place, and the next request
 * tries again. The signal of the options ends the run that goes on, and all that come.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function treeSyncer(options: TreeSyncerOptions): TreeSyncer {
  checkOptions('treeSyncer', options, [...treeFolderKeys, 'onStatus', 'signal', 'onEvent']);
  return new Syncer(options);
}

interface Waiting {
  target: PackLocation;
  readonly done: Promise<SyncedTree>;
}

class Syncer implements TreeSyncer {
  readonly #options: SyncTreeOptions;
  readonly #onStatus: TreeSyncerOptions['onStatus'];
  #running: { readonly target: PackLocation; readonly done: Promise<SyncedTree> } | undefined;
  #next: Waiting | undefined;
  #status: SyncStatus = { state: 'idle' };

  constructor({ onStatus, ...options }: TreeSyncerOptions) {
    this.#options = options;
    this.#onStatus = onStatus;
  }

  get status(): SyncStatus {
    return this.#status;
  }

  request(target: PackLocation, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<SyncedTree> {
    return untilAborted(this.#queue(target), signal);
  }

  #queue(target: PackLocation): Promise<SyncedTree> {
    const running = this.#running;
    if (running === undefined) return this.#start(target);
    if (this.#next === undefined) {
      const start = (): Promise<SyncedTree> => this.#startNext();
      this.#next = { target, done: running.done.then(start, start) };
    }
    this.#next.target = target;
    this.#tell({ state: 'syncing', target: nameOf(running.target), next: nameOf(target) });
    return this.#next.done;
  }

  #startNext(): Promise<SyncedTree> {
    const next = this.#next as Waiting;
    this.#next = undefined;
    return this.#start(next.target);
  }

  #start(target: PackLocation): Promise<SyncedTree> {
    // Later, so that a run which fails at once does not end before it is known to go on.
    const done = Promise.resolve().then(() => this.#run(target));
    this.#running = { target, done };
    return done;
  }

  async #run(target: PackLocation): Promise<SyncedTree> {
    const name = nameOf(target);
    this.#tell({ state: 'syncing', target: name });
    try {
      this.#options.signal?.throwIfAborted();
      const tree = await syncTree(target, this.#options);
      this.#end({ state: 'ready', target: name, tree });
      return tree;
    } catch (error) {
      this.#end({ state: 'error', target: name, error });
      throw error;
    }
  }

  /** What waits begins when this run's promise is settled; until then nobody else may. */
  #end(status: SyncStatus): void {
    if (this.#next === undefined) this.#running = undefined;
    this.#tell(status);
  }

  #tell(status: SyncStatus): void {
    this.#status = status;
    try {
      this.#onStatus?.(status);
    } catch {
      // Whoever watches must not stop the work.
    }
  }
}
