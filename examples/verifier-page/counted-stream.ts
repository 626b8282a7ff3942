/** Bytes that were read so far, and how many there are. */
export type OnBytes = (bytes: number, total: number) => void;

/** How long the page may be busy before it looks at what else there is: a click on Cancel, for one. */
const busyMs = 40;

/** The bytes of a file as they are read, never all of them at once. Ends when the signal fires. */
export function countedStream(file: Blob, onBytes: OnBytes, signal: AbortSignal): ReadableStream<Uint8Array> {
  let bytes = 0;
  let rested = performance.now();
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      bytes += chunk.length;
      onBytes(bytes, file.size);
      controller.enqueue(chunk);
      if (performance.now() - rested < busyMs) return;
      await new Promise((resolve) => setTimeout(resolve));
      rested = performance.now();
    },
  });
  return file.stream().pipeThrough(counter, { signal });
}
