import type { ServerResponse } from 'node:http';
import { idleTimer } from './idle-timer.ts';

/** How an answer is sent. */
export interface OutgoingOptions {
  /** The head is sent and the body is not. */
  readonly headOnly: boolean;
  /** How long the client may take nothing, in milliseconds. */
  readonly idleTimeout: number;
}

/**
 * Sends a response, as fast as the client takes it. A body that fails, or has not the length that its head says, ends
 * in a closed connection: the client sees that something is missing. So does `Response.error()`.
 */
export async function sendResponse(response: Response, out: ServerResponse, options: OutgoingOptions): Promise<void> {
  const { status, statusText, body } = response;
  if (status === 0 || out.destroyed) {
    out.destroy();
    await body?.cancel();
    return;
  }
  const bodyless = options.headOnly || status === 204 || status === 304;
  const length = response.headers.get('content-length');
  writeHeaders(response.headers, out);
  if (body === null && length === null && !bodyless) out.setHeader('content-length', '0');
  // Without a text, Node writes the usual one.
  if (statusText !== '') out.statusMessage = statusText;
  out.writeHead(status);
  if (body === null || bodyless) {
    out.end();
    await body?.cancel();
    return;
  }
  await sendBody(body, out, { ...options, length: length === null ? undefined : Number(length) });
}

/** Node frames the body itself. */
const framing: readonly string[] = ['connection', 'keep-alive', 'transfer-encoding'];

function writeHeaders(headers: Headers, out: ServerResponse): void {
  for (const [name, value] of headers) {
    if (name !== 'set-cookie' && !framing.includes(name)) out.setHeader(name, value);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) out.setHeader('set-cookie', cookies);
}

/** Bytes that a client takes at least in the time that it may be idle: of a larger piece nobody tells how much it took. */
const leastProgress = 64 * 1024;

async function sendBody(
  body: ReadableStream<Uint8Array>,
  out: ServerResponse,
  { length, idleTimeout }: OutgoingOptions & { readonly length: number | undefined },
): Promise<void> {
  const reader = body.getReader();
  const client = { gone: false };
  const stop = (): void => {
    client.gone = true;
    reader.cancel().catch(() => undefined);
  };
  out.once('close', stop);
  let sent = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      sent += value.length;
      if (length !== undefined && sent > length) throw new RangeError('body is longer than its head says');
      if (!out.write(value)) await drained(out, idleTimeout * Math.max(1, value.length / leastProgress));
    }
    // The body ends early, too, where the client goes away: that is no news to anybody.
    if (!client.gone && length !== undefined && sent < length)
      throw new RangeError('body is shorter than its head says');
    out.end();
  } catch (error) {
    const { gone } = client;
    stop();
    out.destroy();
    if (!gone) throw error;
  }
}

/** Waits until the client has taken what was written, or is gone. */
function drained(out: ServerResponse, idleTimeout: number): Promise<void> {
  if (out.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const idle = idleTimer(idleTimeout, () => out.destroy());
    const go = (): void => {
      idle.stop();
      out.off('drain', go);
      out.off('close', go);
      resolve();
    };
    idle.wait();
    out.on('drain', go);
    out.on('close', go);
  });
}
