import type { ContentCheck } from '../../../digest/verify-stream.ts';
import { UsageError } from '../../../errors.ts';

/** Refuses a range that does not lie in a blob. */
export function checkRange(start: number, end: number, size: number): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end <= size) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', `range ${start} to ${end} does not lie in a blob of ${size} bytes`, {
    argument: 'start',
  });
}

/** Chunks that are checked while they flow. */
export async function* checked(chunks: AsyncIterable<Uint8Array>, check: ContentCheck): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    check.update(chunk);
    yield chunk;
  }
  check.end();
}
