import { writev } from 'node:fs';

/** Bytes that are gathered before a write: chunks of the web come at 64 KiB, and a call for each costs a third more. */
const gatherBytes = 1 << 20;

/** Linux takes so many parts in one call. */
const gatherChunks = 1024;

/**
 * Writes chunks to an open file, in order, from where it stands. One write is in flight while the next chunks are
 * gathered; when this returns or throws, none is.
 *
 * @param onWritten - Told after each write how many bytes it wrote.
 */
export async function writeChunks(
  descriptor: number,
  chunks: AsyncIterable<Uint8Array>,
  onWritten?: (bytes: number) => void,
): Promise<void> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  let inFlight: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const [batch, bytes] = [gathered, size];
    gathered = [];
    size = 0;
    await inFlight;
    inFlight = writeAll(descriptor, batch).then(() => onWritten?.(bytes));
    // Whoever awaits it next sees the failure; without this it would count as unhandled in between.
    inFlight.catch(() => undefined);
  };
  try {
    for await (const chunk of chunks) {
      gathered.push(chunk);
      size += chunk.length;
      if (size >= gatherBytes || gathered.length >= gatherChunks) await flush();
    }
    if (size > 0) await flush();
    await inFlight;
  } finally {
    await inFlight.catch(() => undefined);
  }
}

async function writeAll(descriptor: number, batch: Uint8Array[]): Promise<void> {
  let rest = batch;
  while (rest.length > 0) rest = after(rest, await writeSome(descriptor, rest));
}

function writeSome(descriptor: number, parts: Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(descriptor, parts, (error, written) => {
      if (error) reject(error);
      else resolve(written);
    });
  });
}

/** What is left of the parts after so many bytes. */
function after(parts: Uint8Array[], written: number): Uint8Array[] {
  let bytes = written;
  let index = 0;
  for (let part = parts[index]; part !== undefined && bytes >= part.length; part = parts[++index]) bytes -= part.length;
  const [cut, ...whole] = parts.slice(index);
  return cut === undefined ? [] : [cut.subarray(bytes), ...whole];
}
