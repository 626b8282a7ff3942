/**
 * Memory as a place for a tree of files.
 *
 * @module
 */
import { checkOptions } from '../../bytes/check-options.ts';
import { checkLinkTarget, checkLinks } from '../../bytes/link-target.ts';
import { checkPath } from '../../bytes/path.ts';
import { chunksOf, concatBytes } from '../../bytes/stream.ts';
import { FormatError, StoreError } from '../../errors.ts';
import type { FileOptions, FileSink, FileTransaction } from '../../ports/file-sink.ts';

/** An entry of a tree in memory. A hard link is a file of its own with the same bytes. */
export type MemoryEntry =
  | { readonly type: 'file'; readonly bytes: Uint8Array<ArrayBuffer>; readonly executable: boolean }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string };

/** A tree of files in memory. */
export interface MemorySink extends FileSink {
  /** What was committed, by path; folders are listed like files. Empty before. */
  files(): ReadonlyMap<string, MemoryEntry>;
}

/** How much a tree in memory may hold. */
export interface MemorySinkOptions {
  /** Bytes of all files together; 1 GiB by default. */
  readonly maxBytes?: number | undefined;
  /** Entries, folders included; a million by default. */
  readonly maxEntries?: number | undefined;
}

/**
 * Memory as a place for a tree of files: for browsers, and for tests. It takes one tree.
 *
 * @throws StoreError (from `begin` and `commit`) `ERR_CONFLICT` where it holds a tree already; `ERR_STORE_QUOTA` (from
 * the calls that add) beyond a limit.
 */
export function memorySink(options: MemorySinkOptions = {}): MemorySink {
  checkOptions('memorySink', options, ['maxBytes', 'maxEntries']);
  const { maxBytes = 1 << 30, maxEntries = 1_000_000 } = options;
  let committed: ReadonlyMap<string, MemoryEntry> = new Map();
  const place = (tree: ReadonlyMap<string, MemoryEntry>): void => {
    if (committed.size > 0) throw notEmpty();
    committed = tree;
  };
  return {
    async begin({ signal } = {}) {
      signal?.throwIfAborted();
      if (committed.size > 0) throw notEmpty();
      return new MemoryTransaction({ maxBytes, maxEntries }, place, signal);
    },
    files: () => committed,
  };
}

class MemoryTransaction implements FileTransaction {
  readonly #limits: { readonly maxBytes: number; readonly maxEntries: number };
  readonly #place: (tree: ReadonlyMap<string, MemoryEntry>) => void;
  readonly #signal: AbortSignal | undefined;
  #tree = new Map<string, MemoryEntry>();
  #bytes = 0;
  #state: 'open' | 'failed' | 'ended' = 'open';

  constructor(
    limits: { readonly maxBytes: number; readonly maxEntries: number },
    place: (tree: ReadonlyMap<string, MemoryEntry>) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#limits = limits;
    this.#place = place;
    this.#signal = signal;
  }

  directory(path: string): undefined {
    this.#run(() => {
      checkPath(path);
      if (this.#tree.get(path)?.type !== 'directory') this.#add(path, { type: 'directory' });
    });
  }

  file(
    path: string,
    content: Uint8Array | ReadableStream<Uint8Array>,
    options: FileOptions = {},
  ): Promise<void> | undefined {
    const executable = options.executable === true;
    if (!ArrayBuffer.isView(content)) return this.#stream(path, content, executable, options.signal);
    this.#run(() => {
      options.signal?.throwIfAborted();
      this.#count(content.length);
      this.#add(path, { type: 'file', bytes: new Uint8Array(content), executable });
    });
    return undefined;
  }

  async #stream(
    path: string,
    content: ReadableStream<Uint8Array>,
    executable: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#run(() => checkPath(path));
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of chunksOf(content, { signal })) {
        this.#count(chunk.length);
        chunks.push(chunk);
      }
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
    this.#run(() => this.#add(path, { type: 'file', bytes: concatBytes(chunks), executable }));
  }

  symlink(path: string, target: string): undefined {
    this.#run(() => this.#add(path, { type: 'symlink', target: checkLinkTarget(path, target) }));
  }

  hardlink(path: string, target: string): undefined {
    this.#run(() => {
      const file = this.#tree.get(target);
      if (file?.type !== 'file')
        throw unsafe(path, `is a hard link to ${JSON.stringify(target)}, which is no file so far`);
      this.#add(path, file);
    });
  }

  async commit(): Promise<void> {
    this.#run(() => {
      this.#signal?.throwIfAborted();
      checkLinks(linksOf(this.#tree));
      this.#place(this.#tree);
      this.#state = 'ended';
    });
  }

  async rollback(): Promise<void> {
    this.#state = 'ended';
    this.#tree = new Map();
  }

  #add(path: string, entry: MemoryEntry): void {
    checkPath(path);
    if (this.#tree.has(path)) throw unsafe(path, 'is taken');
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      this.#folder(path.slice(0, slash), path);
    }
    this.#set(path, entry);
  }

  #folder(folder: string, path: string): void {
    const there = this.#tree.get(folder);
    if (there === undefined) this.#set(folder, { type: 'directory' });
    else if (there.type !== 'directory') throw unsafe(path, `lies below ${JSON.stringify(folder)}, which is no folder`);
  }

  #set(path: string, entry: MemoryEntry): void {
    if (this.#tree.size >= this.#limits.maxEntries) throw beyond(`${this.#limits.maxEntries} entries`);
    this.#tree.set(path, entry);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxBytes) throw beyond(`${this.#limits.maxBytes} bytes`);
  }

  /** After a failure nothing more is written, and nothing can become visible. */
  #run(work: () => unknown): void {
    if (this.#state !== 'open') {
      throw new StoreError('ERR_STORE_WRITE', `tree cannot be written to: the transaction has ${this.#state}`);
    }
    try {
      work();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
  }
}

function linksOf(tree: ReadonlyMap<string, MemoryEntry>): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  for (const [path, entry] of tree) if (entry.type === 'symlink') links.set(path, entry.target);
  return links;
}

function unsafe(path: string, problem: string): FormatError {
  return new FormatError('ERR_UNSAFE_PATH', `path ${JSON.stringify(path.slice(0, 200))} ${problem}`, {
    details: { path },
  });
}

function beyond(limit: string): StoreError {
  return new StoreError('ERR_STORE_QUOTA', `tree is larger than the memory sink's limit of ${limit}`, {
    hint: 'raise the limit, or unpack to a folder',
  });
}

function notEmpty(): StoreError {
  return new StoreError('ERR_CONFLICT', 'memory sink holds a tree already', { hint: 'make a new one' });
}
