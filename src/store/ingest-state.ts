import type { Digest, DigestAlgorithm } from '../digest/digest.ts';
import { createHash, type RunningHash } from '../digest/hash.ts';
import { StoreError } from '../errors.ts';

/** The error of an ingest that is not there. */
export function unknownIngest(store: string, id: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `ingest ${JSON.stringify(id.slice(0, 100))} is not there`, {
    store,
    hint: 'an ingest ends by commit, by abort, or when nobody went on with it for too long',
  });
}

/** The error of an ingest that somebody else has, or had since. */
export function busyIngest(store: string, id: string): StoreError {
  return new StoreError('ERR_CONFLICT', `ingest ${id} is in use, or somebody else went on with it`, {
    store,
    retryable: true,
    hint: 'open it again by its id',
  });
}

/** One call of an ingest at a time, since two appends at once would write over one another, and none after its end. */
export class IngestTurns {
  readonly #store: string;
  readonly #id: string;
  #state: 'open' | 'busy' | 'ended' = 'open';

  constructor(store: string, id: string) {
    this.#store = store;
    this.#id = id;
  }

  get busy(): boolean {
    return this.#state === 'busy';
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  end(): void {
    this.#state = 'ended';
  }

  async take<T>(run: () => Promise<T>): Promise<T> {
    if (this.#state === 'ended') throw unknownIngest(this.#store, this.#id);
    if (this.#state === 'busy') throw busyIngest(this.#store, this.#id);
    this.#state = 'busy';
    try {
      return await run();
    } finally {
      // Commit and abort end it meanwhile.
      if (this.busy) this.#state = 'open';
    }
  }
}

/** The digest of what an ingest has: of a running hash where that saw every byte, else of what was stored. */
export class IngestDigest {
  /** Undefined when some of the bytes did not come through here, or when it was asked. */
  #hash: RunningHash | undefined;
  /** Those that were asked for since the last byte came. */
  readonly #known: Map<DigestAlgorithm, Digest> = new Map();

  /** @param offset - So many bytes came before, through somebody else. */
  constructor(offset: number) {
    if (offset === 0) this.#hash = createHash('sha256');
  }

  /** Bytes that are stored. */
  update(bytes: Uint8Array): void {
    this.#known.clear();
    this.#hash?.update(bytes);
  }

  /** What is stored is not what was seen: from now on it must be read. */
  forget(): void {
    this.#known.clear();
    this.#hash = undefined;
  }

  async of(algorithm: DigestAlgorithm, read: () => AsyncIterable<Uint8Array>): Promise<Digest> {
    const known = this.#known.get(algorithm);
    if (known !== undefined) return known;
    let hash = algorithm === 'sha256' ? this.#hash : undefined;
    if (hash === undefined) {
      hash = createHash(algorithm);
      for await (const bytes of read()) hash.update(bytes);
    } else {
      this.#hash = undefined;
    }
    const digest = hash.digest();
    this.#known.set(algorithm, digest);
    return digest;
  }
}
