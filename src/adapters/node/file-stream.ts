import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { markFresh } from '../../bytes/given-chunks.ts';

const maxPiece = 1024 * 1024;
// A pipe under the name of a file must not make the opening wait. Windows has neither flag, and says undefined.
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Flags that open a file for reading, and refuse a symbolic link. */
export const readFlags: number = readOnly;

/** What part of a file is read, and what looks at it on the way. */
export interface FileStreamOptions {
  /** First byte; 0 by default. */
  readonly start?: number | undefined;
  /** The byte after the last one; the end of the file by default. */
  readonly end?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sees every piece, and the end. What it throws becomes the error of the stream. */
  readonly check?: { update(bytes: Uint8Array): void; end(): void } | undefined;
  /** Turns what reading throws into the error of the stream. */
  readonly failure?: ((error: unknown) => unknown) | undefined;
}

/**
 * Opens a regular file as a stream of pieces of up to 1 MiB, each an array of its own, read one ahead of the reader.
 * The file is opened before the promise is kept, so what happens to its name later does not matter.
 */
export async function openFileStream(
  path: string,
  options: FileStreamOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  options.signal?.throwIfAborted();
  const file = await open(path, readFlags);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw notRegular(path);
    // A signal that fired meanwhile does so no more, and the stream would wait for ever.
    options.signal?.throwIfAborted();
    return streamOfFile(file, options, stat.size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An error as the system would give it, for what is there but is no file. */
export function notRegular(path: string): Error {
  return Object.assign(new Error(`${path} is not a regular file`), { code: 'EFTYPE', syscall: 'open', path });
}

function streamOfFile(file: FileHandle, options: FileStreamOptions, size: number): ReadableStream<Uint8Array> {
  const { start = 0, end = Infinity, signal, check, failure = (error: unknown) => error } = options;
  const likely = Math.max(1, Math.min(maxPiece, Math.min(end, size) - start));
  let position = start;
  let stop = (): void => undefined;
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', stop);
    await file.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          controller.error(signal?.reason);
          void close();
        };
        signal?.addEventListener('abort', stop, { once: true });
      },
      async pull(controller) {
        try {
          const piece = await readPiece(file, position, Math.min(likely, end - position));
          if (signal?.aborted === true) return;
          if (piece.length === 0) {
            check?.end();
            await close();
            controller.close();
            return;
          }
          check?.update(piece);
          position += piece.length;
          controller.enqueue(piece);
        } catch (error) {
          await close();
          throw signal?.aborted === true ? signal.reason : failure(error);
        }
      },
      cancel: close,
    },
    { highWaterMark: 1 },
  );
}

async function readPiece(file: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (length <= 0) return new Uint8Array();
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return markFresh(new Uint8Array(buffer.buffer, 0, bytesRead));
}
