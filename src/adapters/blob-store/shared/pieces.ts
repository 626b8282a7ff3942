import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf } from '../../../bytes/stream.ts';

/** The bytes of a whole piece: 1 MiB. */
export const pieceBytes: number = 1024 * 1024;

/** Bytes of a source on their way into pieces. */
export interface PiecesOptions {
  /** Room in the first piece; a whole one by default. */
  readonly room?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes of a source as pieces of 1 MiB, the last one less. All are in the same array: a piece is valid until the
 * next one is asked for. A small source never takes a whole piece of memory.
 *
 * Where the source fails, what it gave comes as a last piece before the error.
 */
export async function* pieces(
  source: ByteSource,
  options: PiecesOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { signal } = options;
  let room = options.room ?? pieceBytes;
  let array = new Uint8Array(Math.min(pieceBytes, source.size ?? source.bytes?.length ?? pieceBytes));
  let length = 0;
  try {
    for await (const chunk of chunksOf(await source.open({ signal }), { signal })) {
      for (let start = 0; start < chunk.length;) {
        const part = chunk.subarray(start, start + room - length);
        // A source that said too little.
        if (length + part.length > array.length) array = grown(array, length);
        array.set(part, length);
        length += part.length;
        start += part.length;
        if (length < room) continue;
        yield array.subarray(0, length);
        length = 0;
        room = pieceBytes;
      }
    }
  } catch (error) {
    if (signal?.aborted !== true && length > 0) yield array.subarray(0, length);
    throw error;
  }
  if (length > 0) yield array.subarray(0, length);
}

function grown(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(pieceBytes);
  larger.set(array.subarray(0, length));
  return larger;
}
