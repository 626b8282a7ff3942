import { giveAway, handOverLike, letGo } from '../bytes/given-chunks.ts';
import { chunksOf, concatBytes } from '../bytes/stream.ts';
import { bytesSource, type ByteSource } from '../bytes/source.ts';
import { createHash, digestOf, type Digest } from '../digest/index.ts';
import type { CommittedBlob, Ingest } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';

/** Bytes on their way into a repository: safe there, or known to be had again, but visible to nobody yet. */
export interface StagedBlob {
  /** Makes the bytes visible. */
  commit(options: OperationOptions): Promise<CommittedBlob>;
  /** Forgets them. Harmless after commit. */
  abort(): Promise<void>;
}

/** Takes bytes in without showing them. */
export interface Stage<T extends StagedBlob = StagedBlob> {
  /** Reads a source to its end. */
  add(source: ByteSource, options: OperationOptions): Promise<T>;
}

/** Content up to this size is held in memory while the budget lasts: a file for each would cost more than it saves. */
const smallSize = 1024 * 1024;

/** Bytes of small content that one stage holds. */
const memoryBudget = 32 * 1024 * 1024;

/** What a stage holds before a repository without ingest: what is larger is had from its source a second time. */
const passedSize = 8 * 1024 * 1024;

/**
 * A stage before a repository. Small content waits in memory, up to a budget; the rest goes straight into the
 * repository's ingest.
 *
 * Where it has none, as a registry over HTTP, content of some MiB is put at once when the budget is used up: nothing
 * names it before the manifest does. What is larger is hashed now, and read again on commit. The same content is
 * committed once, however often it is added.
 */
export function stageBefore(repository: Repository): Stage {
  const held = new Map<Digest, StagedBlob>();
  const hold = (bytes: Uint8Array, source: ByteSource): StagedBlob => {
    const digest = digestOf(bytes);
    const blob = held.get(digest) ?? putLater(repository, digest, bytes.length, source);
    held.set(digest, blob);
    return blob;
  };
  if (repository.blob.ingest !== undefined) {
    return budgetedStage(hold, (source, options) => largeBlob(repository, source, options));
  }
  return budgetedStage(hold, (source, options) => passedBlob(repository, source, options));
}

/** What a {@link measuringStage} knows of bytes that can be read again. */
export interface MeasuredBlob extends StagedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Has its size. Reading it checks the bytes again. */
  readonly source: ByteSource;
}

/** A stage before nothing: it learns digests and sizes. Small content is held, the rest is read again when needed. */
export function measuringStage(): Stage<MeasuredBlob> {
  return budgetedStage(
    (bytes, source) => measured(digestOf(bytes), bytes.length, source),
    async (source, options) => {
      const { digest, size } = await hashOf(source, options);
      return measured(digest, size, { size, open: (range) => source.open(range) });
    },
  );
}

function measured(digest: Digest, size: number, source: ByteSource): MeasuredBlob {
  const blob = { created: false, digest, size };
  return { digest, size, source, commit: () => Promise.resolve(blob), abort: () => Promise.resolve() };
}

/** Holds small content while the budget lasts, and leaves the rest to others. */
function budgetedStage<T extends StagedBlob>(
  hold: (bytes: Uint8Array, source: ByteSource) => T,
  pass: (source: ByteSource, options: OperationOptions) => Promise<T>,
): Stage<T> {
  let left = memoryBudget;
  return {
    async add(source, options) {
      options.signal?.throwIfAborted();
      const { bytes, size = 0 } = source;
      if (bytes !== undefined) return hold(bytes, source);
      if (size > left || size > smallSize) return pass(source, options);
      const reserved = Math.min(smallSize, left);
      left -= reserved;
      let held = 0;
      try {
        const gathered = await gather(source, reserved, options);
        const { whole } = gathered;
        if (whole === undefined) return await passOn(startedSource(source, gathered.rest()), pass, options);
        held = whole.length;
        return hold(whole, bytesSource(whole));
      } finally {
        left += reserved - held;
      }
    },
  };
}

interface Gathered {
  /** Everything, where it is small. */
  readonly whole?: Uint8Array;
  /** All bytes from the start, those that were read already included. */
  rest(): ReadableStream<Uint8Array>;
}

/** Reads up to `limit` bytes; what is larger is handed on as a stream that starts with them. */
async function gather(source: ByteSource, limit: number, options: OperationOptions): Promise<Gathered> {
  const { signal } = options;
  const chunks = chunksOf(await source.open({ signal }), { signal });
  const head: Uint8Array[] = [];
  const rest = (): ReadableStream<Uint8Array> => continued(head, chunks);
  let size = 0;
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return { whole: concatBytes(head, size), rest };
    head.push(next.value);
    size += next.value.length;
    if (size > limit) return { rest };
  }
}

function continued(
  head: Uint8Array[],
  tail: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = head.shift();
        if (first !== undefined) {
          controller.enqueue(first);
          return;
        }
        const next = await tail.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await tail.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function putLater(repository: Repository, digest: Digest, size: number, source: ByteSource): StagedBlob {
  return {
    async commit(options) {
      const descriptor = { mediaType: 'application/octet-stream', digest, size };
      const { created } = await repository.blob.put(descriptor, source, options);
      return { created, digest, size };
    },
    abort: () => Promise.resolve(),
  };
}

/** Hands a started source on, and closes its stream where nobody came to read it. */
async function passOn<T>(
  started: StartedSource,
  pass: (source: ByteSource, options: OperationOptions) => Promise<T>,
  options: OperationOptions,
): Promise<T> {
  try {
    return await pass(started, options);
  } catch (error) {
    await started.discard(error);
    throw error;
  }
}

/** A source whose first reader gets the stream that is open already. */
interface StartedSource extends ByteSource {
  discard(reason: unknown): Promise<void>;
}

function startedSource(source: ByteSource, started: ReadableStream<Uint8Array>): StartedSource {
  let first: ReadableStream<Uint8Array> | undefined = started;
  return {
    ...(source.size === undefined ? {} : { size: source.size }),
    open: (options = {}) => {
      const stream = first;
      if (stream === undefined || (options.start ?? 0) > 0) return source.open(options);
      first = undefined;
      return Promise.resolve(stream);
    },
    discard: async (reason) => {
      await first?.cancel(reason).catch(() => undefined);
    },
  };
}

async function largeBlob(repository: Repository, source: ByteSource, options: OperationOptions): Promise<StagedBlob> {
  const ingest = await repository.blob.ingest?.(undefined, options);
  return ingest === undefined ? measuredBlob(repository, source, options) : ingestedBlob(ingest, source, options);
}

/** Content beyond the budget of a stage whose repository has no ingest. */
async function passedBlob(repository: Repository, source: ByteSource, options: OperationOptions): Promise<StagedBlob> {
  if ((source.size ?? 0) > passedSize) return measuredBlob(repository, source, options);
  const gathered = await gather(source, passedSize, options);
  const { whole } = gathered;
  if (whole === undefined) {
    const pass = (started: ByteSource): Promise<StagedBlob> => measuredBlob(repository, started, options);
    return passOn(startedSource(source, gathered.rest()), pass, options);
  }
  const later = putLater(repository, digestOf(whole), whole.length, bytesSource(whole));
  const done = await later.commit(options);
  return { commit: () => Promise.resolve(done), abort: () => later.abort() };
}

async function measuredBlob(
  repository: Repository,
  source: ByteSource,
  options: OperationOptions,
): Promise<StagedBlob> {
  const { digest, size } = await hashOf(source, options);
  const again = handOverLike(source, { size, open: (range) => source.open(range) });
  return putLater(repository, digest, size, again);
}

async function ingestedBlob(ingest: Ingest, source: ByteSource, options: OperationOptions): Promise<StagedBlob> {
  try {
    await ingest.append(source, options);
  } catch (error) {
    await ingest.abort().catch(() => undefined);
    throw error;
  }
  return { commit: (later) => ingest.commit('sha256', later), abort: () => ingest.abort() };
}

async function hashOf(
  source: ByteSource,
  { signal }: OperationOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
    hash.update(chunk);
    size += chunk.length;
    giveAway(chunk, source);
    letGo(chunk);
  }
  return { digest: hash.digest(), size };
}
