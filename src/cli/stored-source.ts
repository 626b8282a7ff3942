import { streamSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import { integrityOf, type Digest, type Integrity } from '../digest/index.ts';
import { IntegrityError, SourceError } from '../errors.ts';
import type { Artifact, BlobStore, Source, SourceOptions } from '../ports/index.ts';
import { sriIndex, storeWithIntegrity, type SriIndex, type StoreWithIntegrity } from '../store/index.ts';
import type { OpenStore } from './open-store.ts';

/**
 * Sources whose artifacts are kept in a store, by what a lock pins them with: what the store has is fetched from
 * nowhere, and what it lacks is checked and put into it. A blob of the store that has other bytes is deleted, and
 * fetched when it is asked for again.
 *
 * `open` rejects with StoreError where the store fails: nothing else is asked then.
 */
export function storedSource({ id, blobs, records }: OpenStore, sources: readonly Source[]): Source {
  const index = sriIndex({ records });
  const kept: Kept = { blobs, index, store: storeWithIntegrity({ blobs, index }) };
  return {
    id,
    async open(artifact, options = {}) {
      const integrity = artifact.digests.map(integrityOf).join(' ');
      const found = await openKept(kept, integrity, options);
      if (found !== undefined) return found;
      return (await keep(kept, { artifact, integrity, sources }, options))
        ? openKept(kept, integrity, options)
        : undefined;
    },
  };
}

interface Kept {
  readonly blobs: BlobStore;
  readonly index: SriIndex;
  readonly store: StoreWithIntegrity;
}

interface Wanted {
  readonly artifact: Artifact;
  readonly integrity: Integrity;
  readonly sources: readonly Source[];
}

async function openKept(
  kept: Kept,
  integrity: Integrity,
  { signal }: SourceOptions,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const blob = await kept.store.get(integrity, { signal });
  if (blob === undefined) return undefined;
  const stream = await blob.open({ signal });
  return streamFrom(async function* () {
    try {
      yield* chunksOf(stream, { signal });
    } catch (error) {
      if (error instanceof IntegrityError) await forget(kept, integrity, { signal });
      throw error;
    }
  });
}

/** Of two that disagree, the blob and the index, the one that is wrong goes. */
async function forget({ blobs, index }: Kept, integrity: Integrity, options: SourceOptions): Promise<void> {
  const digest = await index.find(integrity, options);
  if (digest === undefined) return;
  if (await isWhole(blobs, digest, options)) await index.remove(integrity, options);
  else await blobs.delete(digest, options);
}

async function isWhole(blobs: BlobStore, digest: Digest, options: SourceOptions): Promise<boolean> {
  try {
    const blob = await blobs.get(digest, options);
    if (blob === undefined) return false;
    const chunks = chunksOf(await blob.open(options), options);
    while ((await chunks.next()).done !== true);
    return true;
  } catch (error) {
    if (error instanceof IntegrityError) return false;
    throw error;
  }
}

/** Puts an artifact into the store, from the first source that has the right bytes. False where none of them has it. */
async function keep({ store }: Kept, wanted: Wanted, options: SourceOptions): Promise<boolean> {
  const { artifact, integrity, sources } = wanted;
  const failures: unknown[] = [];
  for (const source of sources) {
    try {
      const first = await source.open(artifact, options);
      if (first === undefined) continue;
      await putFrom(first, source, { store, artifact, integrity }, options);
      return true;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof SourceError || error instanceof IntegrityError)) throw error;
      failures.push(error);
    }
  }
  if (failures.length === 0) return false;
  throw failures.findLast((error) => error instanceof IntegrityError) ?? failures.at(-1);
}

/** The stream that is open already is the first that the store reads. */
async function putFrom(
  first: ReadableStream<Uint8Array>,
  source: Source,
  { store, artifact, integrity }: Pick<Wanted, 'artifact' | 'integrity'> & { readonly store: StoreWithIntegrity },
  options: SourceOptions,
): Promise<void> {
  const waiting = [first];
  const open = async (): Promise<ReadableStream<Uint8Array>> => {
    const stream = waiting.pop() ?? (await source.open(artifact, options));
    if (stream !== undefined) return stream;
    throw new SourceError('ERR_SOURCE_NOT_FOUND', `${artifact.name} is no longer in ${source.id}`);
  };
  try {
    await store.put(integrity, streamSource(open), { signal: options.signal });
  } finally {
    await waiting.pop()?.cancel();
  }
}
