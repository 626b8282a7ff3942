import type { ByteSource } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import type { StoredBlob } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';

/**
 * A blob of one store as the source of another. Whole, its bytes are checked as they flow; a range is what somebody
 * takes up an upload with, who checks the whole himself.
 *
 * @param onBytes - Is told how many bytes each chunk has.
 */
export function blobSourceOf(
  blob: StoredBlob,
  options: OperationOptions = {},
  onBytes?: (count: number) => void,
): ByteSource {
  const { size } = blob;
  return {
    size,
    async open({ start = 0, end = size, signal = options.signal } = {}) {
      const operation = { ...options, signal };
      const whole = start === 0 && end >= size;
      const stream = whole
        ? await blob.open(operation)
        : await blob.openUnverifiedRange(Math.min(start, size), Math.min(end, size), operation);
      return onBytes === undefined ? stream : streamFrom(counted(stream, onBytes));
    },
  };
}

async function* counted(
  stream: ReadableStream<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(stream)) {
    onBytes(chunk.length);
    yield chunk;
  }
}
