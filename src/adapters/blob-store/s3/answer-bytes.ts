import { readAll } from '../../../bytes/stream.ts';
import type { Exchange } from '../../../http/exchange.ts';

/** A page of a list has at most 1,000 keys of at most 1,024 bytes, and some hundred bytes for each. */
const maxAnswer = 16 << 20;

/** The words of an error; none where they cannot be read. */
export async function answerText(answer: Exchange): Promise<string> {
  const bytes = await answerBytes(answer).catch(() => new Uint8Array());
  return new TextDecoder().decode(bytes);
}

/** The body of an answer, bounded; none where it is not wanted. */
export async function answerBytes(answer: Exchange, unwanted = false): Promise<Uint8Array<ArrayBuffer>> {
  if (answer.response.status !== 204 && !unwanted) return readAll(streamOfReader(answer), { limit: maxAnswer });
  await answer.discard();
  return new Uint8Array();
}

function streamOfReader(answer: Exchange): ReadableStream<Uint8Array> {
  const reader = answer.read();
  return new ReadableStream(
    {
      async pull(controller) {
        const part = await reader.next();
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
}
