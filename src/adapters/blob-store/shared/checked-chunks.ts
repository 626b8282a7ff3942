import type { ContentCheck } from '../../../digest/verify-stream.ts';

/** Chunks that are checked while they flow. */
export async function* checked(chunks: AsyncIterable<Uint8Array>, check: ContentCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}
