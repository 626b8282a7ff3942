import type { ByteSource } from '../../../bytes/source.ts';
import type { Digest } from '../../../digest/digest.ts';
import { contentCheck } from '../../../digest/verify-stream.ts';
import { pieces } from './pieces.ts';
import type { Staged, StagingArea } from './staging.ts';

/** Stores the bytes of a source: staged, checked, and then made visible. */
export function putStaged(
  area: StagingArea,
  digest: Digest,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<{ readonly created: boolean }> {
  const staged = area.create('put');
  return staged.alone(async () => {
    try {
      await staged.begin();
      const size = await fill(staged, digest, source, signal);
      signal?.throwIfAborted();
      return await staged.publish(digest, size);
    } catch (error) {
      // What cannot be removed now is swept later.
      await staged.forget().catch(() => undefined);
      throw error;
    }
  });
}

async function fill(
  staged: Staged,
  digest: Digest,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<number> {
  const check = contentCheck({ digest, size: source.size ?? source.bytes?.length });
  const writer = await staged.writer(0);
  let failed = true;
  let size = 0;
  try {
    for await (const piece of pieces(source, { room: writer.room, signal })) {
      check.update(piece);
      await writer.write(piece);
      size += piece.length;
    }
    check.end();
    failed = false;
  } finally {
    const ended = writer.end(failed);
    // After a failure the error is that one.
    await (failed ? ended.catch(() => undefined) : ended);
  }
  return size;
}
