import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { markFresh } from '../../bytes/given-chunks.ts';

/** So much is read ahead of whoever reads a body. */
const aheadBytes = 256 * 1024;

/** Statuses whose answer has no body (fetch standard, "null body status"). */
const withoutBody = [204, 205, 304];

const redirects = [301, 302, 303, 307, 308];

/** True for an answer that sends the client to another address. */
export function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return redirects.includes(statusCode);
}

/** The answer that node:http gives, as `fetch` would give it. */
export async function answerOf(outgoing: ClientRequest, incoming: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = incoming;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] as string, rawHeaders[index + 1] as string);
  }
  incoming.once('end', () => {
    // Who has answered need not hear the rest, and the next request must not come behind half of this one.
    if (!outgoing.writableFinished) outgoing.destroy();
  });
  const empty = outgoing.method === 'HEAD' || withoutBody.includes(status) || headers.get('content-length') === '0';
  try {
    if (!empty) return new Response(streamOf(await decoded(incoming, headers)), { status, statusText, headers });
    // Its connection is free for the next request then.
    await new Promise((resolve) => incoming.once('close', resolve).resume());
    return new Response(null, { status, statusText, headers });
  } catch (error) {
    incoming.destroy();
    throw error;
  }
}

/** A body as it was before a server compressed it, which nobody asked it to. */
async function decoded(incoming: IncomingMessage, headers: Headers): Promise<Readable> {
  const coding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (coding === 'identity') return incoming;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
  if (!Object.hasOwn(decoders, coding)) return incoming;
  // What goes wrong is the error of the last one.
  return pipeline(incoming, decoders[coding as keyof typeof decoders](), () => undefined);
}

function streamOf(readable: Readable): ReadableStream<Uint8Array> {
  let over = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: unknown): void => {
          if (over) return;
          over = true;
          controller.error(error);
        };
        readable.on('data', (chunk: Buffer) => {
          // What was read ahead still comes when the body is over.
          if (over) return;
          const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
          // The parser makes an array for each chunk.
          controller.enqueue(bytes.length === chunk.buffer.byteLength ? markFresh(bytes) : bytes);
          if ((controller.desiredSize ?? 0) <= 0) readable.pause();
        });
        readable.once('end', () => {
          if (over) return;
          over = true;
          controller.close();
        });
        readable.on('error', fail);
        readable.once('close', () => fail(new Error('the connection was closed')));
        readable.pause();
      },
      pull: () => void readable.resume(),
      cancel() {
        over = true;
        readable.destroy();
      },
    },
    { highWaterMark: aheadBytes, size: (chunk) => chunk.length },
  );
}
