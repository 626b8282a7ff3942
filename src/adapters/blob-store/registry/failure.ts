import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf, streamFrom } from '../../../bytes/stream.ts';
import { isPackError, StoreError } from '../../../errors.ts';

/** What was tried with which repository. */
export interface Attempt {
  readonly store: string;
  readonly action: 'read' | 'write';
  readonly what: string;
}

/** What a registry says as an error of a store. Everything else comes through as it is. */
export function storeFailure(error: unknown, { store, action, what }: Attempt): unknown {
  if (!isPackError(error) || error.name !== 'RegistryError') return error;
  const code = action === 'read' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE';
  return new StoreError(code, `${what} cannot be ${action === 'read' ? 'read' : 'written'}: ${error.message}`, {
    cause: error,
    store,
    hint: error.hint,
    retryable: error.retryable,
  });
}

/** Runs what asks a registry. */
export async function orStoreFailure<T>(attempt: Attempt, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw storeFailure(error, attempt);
  }
}

/** A stream whose errors are those of a store. */
export function storeStream(stream: ReadableStream<Uint8Array>, attempt: Attempt): ReadableStream<Uint8Array> {
  return streamFrom(async function* (signal) {
    try {
      yield* chunksOf(stream, { signal });
    } catch (error) {
      throw storeFailure(error, attempt);
    }
  });
}

/** A source, and what reading it failed with: it may be another registry, whose errors are not ours. */
export interface WatchedSource {
  readonly source: ByteSource;
  readonly failure: () => unknown;
}

/** Notes what reading a source fails with. */
export function watched(source: ByteSource): WatchedSource {
  const blob = source.blob?.bind(source);
  let failure: unknown;
  const note = (error: unknown): never => {
    failure = error;
    throw error;
  };
  return {
    source: {
      ...(source.size === undefined ? {} : { size: source.size }),
      ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
      ...(blob === undefined ? {} : { blob }),
      open: async (options) => {
        const stream = await source.open(options).catch(note);
        return streamFrom(async function* (signal) {
          try {
            // A registry may keep a chunk while the next one comes, and a source may use one array for all.
            for await (const chunk of chunksOf(stream, { signal })) yield chunk.slice();
          } catch (error) {
            note(error);
          }
        });
      },
    },
    failure: () => failure,
  };
}
