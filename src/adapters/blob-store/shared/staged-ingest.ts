import type { ByteSource } from '../../../bytes/source.ts';
import {
  algorithmOf,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../digest/digest.ts';
import { createHash, type RunningHash } from '../../../digest/hash.ts';
import { digestMismatch } from '../../../digest/verify-stream.ts';
import { StoreError } from '../../../errors.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../../../ports/blob-store.ts';
import { pieces } from './pieces.ts';
import type { Staged, StagedWriter, StagingArea } from './staging.ts';

/** How many unfinished ingests keep the running hash of their bytes. */
const remembered = 1000;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** The `ingest` of a store that stages its bytes. */
export function stagedIngests(area: StagingArea): NonNullable<BlobStore['ingest']> {
  const own = new Map<string, StagedIngest>();
  const keep = (staged: Staged, size: number): Ingest => {
    for (const id of own.keys()) if (own.size >= remembered) own.delete(id);
    const ingest = new StagedIngest(area.store, staged, size, () => void own.delete(staged.id));
    own.set(ingest.id, ingest);
    return ingest;
  };
  return async (id, { signal } = {}) => {
    signal?.throwIfAborted();
    if (id === undefined) {
      const staged = area.create('ingest');
      await staged.begin();
      return keep(staged, 0);
    }
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknownIngest(area.store, id);
    const known = own.get(id);
    if (known !== undefined && (await known.isCurrent())) return known;
    const found = await area.open(id);
    if (found === undefined) throw unknownIngest(area.store, id);
    return keep(found.staged, found.size);
  };
}

class StagedIngest implements Ingest {
  readonly id: string;
  readonly #store: string;
  readonly #staged: Staged;
  readonly #forget: () => void;
  #offset: number;
  /** The hash of all bytes so far; undefined when some of them did not come through here. */
  #hash: RunningHash | undefined;
  /** The digests of all bytes, where they were asked for before. */
  readonly #digests: Map<DigestAlgorithm, Digest> = new Map();
  #state: 'open' | 'busy' | 'ended' = 'open';

  constructor(store: string, staged: Staged, size: number, forget: () => void) {
    this.id = staged.id;
    this.#store = store;
    this.#staged = staged;
    this.#offset = size;
    this.#forget = forget;
    if (size === 0) this.#hash = createHash('sha256');
  }

  get offset(): number {
    return this.#offset;
  }

  /** False where somebody else has gone on with it, or ended it. */
  async isCurrent(): Promise<boolean> {
    if (this.#state === 'busy') return true;
    return this.#staged.confirm(this.#offset).then(
      () => true,
      () => false,
    );
  }

  append(source: ByteSource, { signal }: Options = {}): Promise<{ readonly offset: number }> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      const writer = await this.#staged.writer(this.#offset);
      await this.#write(writer, source, signal);
      return { offset: this.#offset };
    });
  }

  /** Where the source fails, what it gave stays. Where writing fails, the writer says what stays. */
  async #write(writer: StagedWriter, source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    let seen = this.#offset;
    let failed = false;
    this.#digests.clear();
    try {
      for await (const piece of pieces(source, { room: writer.room, signal })) {
        failed = true;
        await writer.write(piece);
        failed = false;
        this.#hash?.update(piece);
        seen += piece.length;
      }
    } finally {
      try {
        this.#offset = await writer.end(failed);
      } finally {
        if (this.#offset !== seen) this.#hash = undefined;
      }
    }
  }

  commit(wanted: Digest | DigestAlgorithm, { signal }: Options = {}): Promise<CommittedBlob> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
      const size = this.#offset;
      await this.#staged.confirm(size);
      const digest = await this.#digest(isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted), signal);
      if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
      const { created } = await this.#staged.publish(digest, size);
      this.#end();
      return { created, digest, size };
    });
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#end();
    await this.#staged.forget();
  }

  /** The digest of all bytes: of the running hash where it saw them all, else of what was stored. */
  async #digest(algorithm: DigestAlgorithm, signal: AbortSignal | undefined): Promise<Digest> {
    const known = this.#digests.get(algorithm);
    if (known !== undefined) return known;
    let hash = algorithm === 'sha256' ? this.#hash : undefined;
    if (hash === undefined) {
      hash = createHash(algorithm);
      for await (const bytes of this.#staged.read(this.#offset, signal)) hash.update(bytes);
    } else {
      this.#hash = undefined;
    }
    const digest = hash.digest();
    this.#digests.set(algorithm, digest);
    return digest;
  }

  #end(): void {
    this.#state = 'ended';
    this.#forget();
  }

  /** One call at a time: two appends at once would write over one another. */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#state === 'ended') throw unknownIngest(this.#store, this.id);
    if (this.#state === 'busy') throw busyIngest(this.#store, this.id);
    this.#state = 'busy';
    try {
      return await this.#staged.alone(run);
    } finally {
      // Commit and abort end it meanwhile.
      if ((this.#state as string) === 'busy') this.#state = 'open';
    }
  }
}

/** The error of an ingest that is not there. */
export function unknownIngest(store: string, id: string): StoreError {
  return new StoreError('ERR_BLOB_NOT_FOUND', `ingest ${JSON.stringify(id.slice(0, 100))} is not there`, {
    store,
    hint: 'an ingest ends by commit, by abort, or when nobody went on with it for too long',
  });
}

/** The error of an ingest that somebody else has, or had since. */
export function busyIngest(store: string, id: string): StoreError {
  return new StoreError('ERR_CONFLICT', `ingest ${id} is in use, or another page went on with it`, {
    store,
    retryable: true,
    hint: 'open it again by its id',
  });
}
