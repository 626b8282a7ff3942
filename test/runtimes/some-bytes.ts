/** Bytes that look random and are the same everywhere. */
export function someBytes(length: number, seed = 42): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Text that compresses as sources do. */
export const someText = (lines: number): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    Array.from({ length: lines }, (_, i) => `export const value${i} = ${(i * 7919) % 1000};\n`).join(''),
  );

/** The code of the error that the work ends with. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Reads with a reader: through `new Response(stream)` browsers hide why a stream failed. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: BlobPart[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value.slice());
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Everything that an iterable gives: Node 20 has no `Array.fromAsync`. */
export async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
