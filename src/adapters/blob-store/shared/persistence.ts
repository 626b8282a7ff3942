/** What the browser promises for the storage of an origin, and how much it gives. */
export interface StoragePersistence {
  /** False where the browser may clear the storage when its disk gets full. */
  readonly persisted: boolean;
  /** Bytes that the origin has stored, about; undefined where the browser does not say. */
  readonly usage: number | undefined;
  /** Bytes that the origin may store, about. */
  readonly quota: number | undefined;
}

/** Asks for storage that the browser does not clear, and says what it answered. */
export class Persistence {
  readonly #wanted: boolean;
  #asked: Promise<unknown> | undefined;

  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }

  /** Asks, once. Nobody waits for the answer: it may be that of a person. */
  ask(): void {
    if (!this.#wanted || this.#asked !== undefined) return;
    // Workers cannot ask; a page of the origin has to.
    const storage = storageManager();
    this.#asked = Promise.resolve(storage?.persist?.()).catch(() => undefined);
  }

  /** What is promised now. Waits for an answer that was asked for. */
  async answer(): Promise<StoragePersistence> {
    this.ask();
    await this.#asked;
    const storage = storageManager();
    const { usage, quota } = (await storage?.estimate?.()) ?? {};
    return { persisted: (await storage?.persisted?.()) ?? false, usage, quota };
  }
}

function storageManager(): Partial<StorageManager> | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.storage;
}
