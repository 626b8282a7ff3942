import type { ByteSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';

/** A source that says that it failed itself, rather than whoever reads it. */
export function withNotedFailure(source: ByteSource, note: () => void): ByteSource {
  return {
    ...source,
    open: async (options) => {
      try {
        return streamFrom(noted(await source.open(options), note));
      } catch (error) {
        note();
        throw error;
      }
    },
  };
}

async function* noted(stream: ReadableStream<Uint8Array>, note: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(stream);
  } catch (error) {
    note();
    throw error;
  }
}
