import { pieceBytes } from '../shared/pieces.ts';

/** Bytes `start` up to and without `end` of a file, a piece at a time. */
export async function* fileChunks(
  file: Blob,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let position = start; position < end; position += pieceBytes) {
    signal?.throwIfAborted();
    yield new Uint8Array(await file.slice(position, Math.min(position + pieceBytes, end)).arrayBuffer());
  }
}
