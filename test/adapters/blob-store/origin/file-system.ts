/** How an origin's file system behaves. */
export interface FileSystemKind {
  /** As in a dedicated worker: files are written in place, by one at a time. */
  readonly inPlace?: boolean | undefined;
  /** Bytes that fit; without end by default. */
  readonly quota?: number | undefined;
}

interface Volume extends FileSystemKind {
  readonly folders: Set<MemoryFolder>;
}

/**
 * The part of an origin private file system that stores use, in memory. It is as strict as Chromium where that may harm:
 * what was read of a file is worth nothing when the file has changed, and no file is removed that is open for writing.
 */
export function fileSystem(kind: FileSystemKind = {}): MemoryFolder {
  return new MemoryFolder({ ...kind, folders: new Set() });
}

const failure = (name: string): DOMException => new DOMException(`double says ${name}`, name);

class MemoryFolder {
  readonly kind = 'directory';
  readonly #volume: Volume;
  readonly #entries: Map<string, MemoryFolder | MemoryFile> = new Map();

  constructor(volume: Volume) {
    this.#volume = volume;
    volume.folders.add(this);
  }

  get bytes(): number {
    let sum = 0;
    for (const entry of this.#entries.values()) if (entry instanceof MemoryFile) sum += entry.content.length;
    return sum;
  }

  async getDirectoryHandle(
    name: string,
    { create = false }: { readonly create?: boolean } = {},
  ): Promise<MemoryFolder> {
    await turn();
    return this.#entry(name, MemoryFolder, create ? () => new MemoryFolder(this.#volume) : undefined);
  }

  async getFileHandle(name: string, { create = false }: { readonly create?: boolean } = {}): Promise<MemoryFile> {
    await turn();
    return this.#entry(name, MemoryFile, create ? () => new MemoryFile(this.#volume, this, name) : undefined);
  }

  #entry<T extends MemoryFolder | MemoryFile>(
    name: string,
    type: new (...parts: never[]) => T,
    make: (() => T) | undefined,
  ): T {
    const found = this.#entries.get(name) ?? make?.();
    if (found === undefined) throw failure('NotFoundError');
    if (!(found instanceof type)) throw failure('TypeMismatchError');
    this.#entries.set(name, found);
    return found;
  }

  async removeEntry(name: string): Promise<void> {
    await turn();
    const entry = this.#entries.get(name);
    if (entry === undefined) throw failure('NotFoundError');
    if (entry instanceof MemoryFile) entry.leave();
    else this.#volume.folders.delete(entry);
    this.#entries.delete(name);
  }

  /** Puts a file under a name, in place of what is there. */
  adopt(name: string, file: MemoryFile): void {
    const there = this.#entries.get(name);
    if (there instanceof MemoryFile) there.leave();
    this.#entries.set(name, file);
  }

  release(name: string): void {
    this.#entries.delete(name);
  }

  async *keys(): AsyncGenerator<string, void, undefined> {
    for (const name of [...this.#entries.keys()]) {
      await turn();
      yield name;
    }
  }
}

class MemoryFile {
  readonly kind = 'file';
  content: Uint8Array<ArrayBuffer> = new Uint8Array();
  lastModified: number = Date.now();
  readonly createSyncAccessHandle: (() => Promise<object>) | undefined;
  readonly #volume: Volume;
  #folder: MemoryFolder;
  #name: string;
  #open = false;
  #gone = false;

  constructor(volume: Volume, folder: MemoryFolder, name: string) {
    this.#volume = volume;
    this.#folder = folder;
    this.#name = name;
    this.createSyncAccessHandle = volume.inPlace === true ? () => this.#access() : undefined;
  }

  /** What it has now, until it changes. */
  async getFile(): Promise<object> {
    await turn();
    const { content, lastModified } = this;
    const part = (start: number, end: number): object => {
      const bytes = async (): Promise<ArrayBuffer> => {
        await turn();
        if (this.#gone || this.content !== content) throw failure('NotFoundError');
        return content.slice(start, end).buffer;
      };
      return { arrayBuffer: bytes, text: async () => new TextDecoder().decode(await bytes()) };
    };
    return { size: content.length, lastModified, slice: (start = 0, end = content.length) => part(start, end) };
  }

  async createWritable({ keepExistingData = false }: { readonly keepExistingData?: boolean } = {}): Promise<object> {
    await turn();
    let copy = keepExistingData ? this.content : new Uint8Array();
    let end = 0;
    return {
      write: async (what: Uint8Array | { readonly position: number; readonly data: Uint8Array }) => {
        await turn();
        const { position, data } = what instanceof Uint8Array ? { position: end, data: what } : what;
        end = position + data.length;
        this.#demand(Math.max(copy.length, end));
        copy = joined(copy, data, position);
      },
      close: async () => {
        await turn();
        this.#become(copy);
      },
      abort: turn,
    };
  }

  async #access(): Promise<object> {
    await turn();
    if (this.#open) throw failure('NoModificationAllowedError');
    this.#open = true;
    return {
      write: (data: Uint8Array, { at }: { at: number }) => {
        this.#demand(at + data.length);
        this.#become(joined(this.content, data, at));
        return data.length;
      },
      truncate: (size: number) => this.#become(this.content.slice(0, size)),
      flush: () => undefined,
      close: () => (this.#open = false),
    };
  }

  async move(folder: MemoryFolder, name: string): Promise<void> {
    await turn();
    if (this.#gone) throw failure('NotFoundError');
    if (this.#open) throw failure('NoModificationAllowedError');
    this.#folder.release(this.#name);
    folder.adopt(name, this);
    this.#folder = folder;
    this.#name = name;
  }

  leave(): void {
    if (this.#open) throw failure('NoModificationAllowedError');
    this.#gone = true;
  }

  #become(content: Uint8Array<ArrayBuffer>): void {
    this.content = content;
    this.lastModified = Date.now();
  }

  #demand(size: number): void {
    const used = [...this.#volume.folders].reduce((sum, { bytes }) => sum + bytes, 0) - this.content.length;
    if (used + size > (this.#volume.quota ?? Infinity)) throw failure('QuotaExceededError');
  }
}

function joined(before: Uint8Array, data: Uint8Array, position: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(Math.max(before.length, position + data.length));
  all.set(before);
  all.set(data, position);
  return all;
}

/** A browser answers nothing at once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
