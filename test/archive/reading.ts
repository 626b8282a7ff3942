import type { TarMember } from '../../src/archive/index.ts';
import { readAll } from '../../src/bytes/stream.ts';

/** A member with its whole body. */
export type ReadMember = TarMember & { readonly content: Uint8Array };

/** Every member with its body. */
export async function membersOf(members: AsyncIterable<TarMember>): Promise<ReadMember[]> {
  const read: ReadMember[] = [];
  for await (const member of members) read.push({ ...member, content: await wholeOf(member.open()) });
  return read;
}

/** Everything that a stream gives. */
export function wholeOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return readAll(stream, { limit: 2 ** 30 });
}

/** Bytes as a stream whose chunks have a given size. */
export function cutStream(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(offset, (offset += size)));
    },
  });
}
