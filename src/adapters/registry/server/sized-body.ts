interface FixedLength {
  readonly FixedLengthStream?: new (size: number) => TransformStream<Uint8Array, Uint8Array>;
}

/**
 * A body whose length is known. Workers take no `Content-Length` for a stream that does not say its length itself, by
 * a class that only they have.
 */
export function sizedBody(stream: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as FixedLength;
  return FixedLengthStream === undefined ? stream : stream.pipeThrough(new FixedLengthStream(size));
}
