import type { ByteSource } from '../../../bytes/source.ts';
import {
  algorithmOf,
  isDigestAlgorithm,
  parseDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../digest/digest.ts';
import { digestMismatch } from '../../../digest/verify-stream.ts';
import type { BlobStore, CommittedBlob, Ingest } from '../../../ports/blob-store.ts';
import { IngestDigest, IngestTurns, unknownIngest } from '../../../store/ingest-state.ts';
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
  readonly #staged: Staged;
  readonly #forget: () => void;
  #offset: number;
  readonly #digest: IngestDigest;
  readonly #turns: IngestTurns;

  constructor(store: string, staged: Staged, size: number, forget: () => void) {
    this.id = staged.id;
    this.#staged = staged;
    this.#offset = size;
    this.#forget = forget;
    this.#digest = new IngestDigest(size);
    this.#turns = new IngestTurns(store, staged.id);
  }

  get offset(): number {
    return this.#offset;
  }

  /** False where somebody else has gone on with it, or ended it. */
  async isCurrent(): Promise<boolean> {
    if (this.#turns.busy) return true;
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
    try {
      for await (const piece of pieces(source, { room: writer.room, signal })) {
        failed = true;
        await writer.write(piece);
        failed = false;
        this.#digest.update(piece);
        seen += piece.length;
      }
    } finally {
      try {
        this.#offset = await writer.end(failed);
      } finally {
        if (this.#offset !== seen) this.#digest.forget();
      }
    }
  }

  commit(wanted: Digest | DigestAlgorithm, { signal }: Options = {}): Promise<CommittedBlob> {
    return this.#alone(async () => {
      signal?.throwIfAborted();
      const expected = isDigestAlgorithm(wanted) ? undefined : parseDigest(wanted);
      const size = this.#offset;
      await this.#staged.confirm(size);
      const algorithm = isDigestAlgorithm(wanted) ? wanted : algorithmOf(wanted);
      const digest = await this.#digest.of(algorithm, () => this.#staged.read(size, signal));
      if (expected !== undefined && digest !== expected) throw digestMismatch(expected, digest);
      const { created } = await this.#staged.publish(digest, size);
      this.#end();
      return { created, digest, size };
    });
  }

  async abort(): Promise<void> {
    if (this.#turns.ended) return;
    this.#end();
    await this.#staged.forget();
  }

  #end(): void {
    this.#turns.end();
    this.#forget();
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => this.#staged.alone(run));
  }
}
