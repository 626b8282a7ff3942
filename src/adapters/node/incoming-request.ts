import type { IncomingMessage } from 'node:http';
import { hastenCollection } from '../../bytes/hasten-collection.ts';
import { idleTimer } from './idle-timer.ts';

/** What a request is made of besides the message itself. */
export interface IncomingOptions {
  readonly secure: boolean;
  /** The host to take where the client names none, as HTTP/1.0 allows. */
  readonly host: string;
  /** How long the client may send next to nothing while its body is waited for, in milliseconds. */
  readonly idleTimeout: number;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
  /** Fires when the answer is out: what is left of the body is nobody's. */
  readonly answered: AbortSignal;
  /** Tells a client that waits for it to go on; given where it does. */
  readonly goOn?: (() => void) | undefined;
}

/** The fetch standard wants it beside a stream; the DOM types do not know it yet. */
const halfDuplex = { duplex: 'half' };
/** Bytes of a body that are read ahead of whoever handles it. */
const readAhead = 512 * 1024;
/** Who sends less than this in the time that he may be idle sends nothing: a byte now and then holds no connection. */
const leastProgress = 1024;

/**
 * A message as a request of the web. undefined where it cannot be one: a method that fetch does not know, a `Host`
 * that is none.
 */
export function requestOf(message: IncomingMessage, options: IncomingOptions): Request | undefined {
  const { method = 'GET' } = message;
  const url = urlOf(message, options);
  if (url === undefined) return undefined;
  const hasBody = method !== 'GET' && method !== 'HEAD' && bodyIsAnnounced(message);
  try {
    const head: RequestInit = { method, headers: headersOf(message), signal: options.signal };
    return new Request(url, hasBody ? { ...head, ...halfDuplex, body: bodyOf(message, options) } : head);
  } catch {
    return undefined;
  }
}

function urlOf({ headers, url: target = '/' }: IncomingMessage, options: IncomingOptions): URL | undefined {
  const scheme = options.secure ? 'https:' : 'http:';
  const authority = headers.host ?? options.host;
  if (!/^[\w.~:[\]%-]+$/.test(authority)) return undefined;
  // RFC 9112 3.2: a path, or a whole address whose host counts in place of the header.
  const whole = target.startsWith('/') ? `${scheme}//${authority}${target}` : target;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  return url?.protocol === scheme && url.username === '' && url.password === '' ? url : undefined;
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  return headers;
}

/** RFC 9112 6: a request has a body where one of the two says so. */
function bodyIsAnnounced({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** The chunks of the socket as they are, with no copy made; the socket is not read while nobody takes them. */
function bodyOf(
  message: IncomingMessage,
  { idleTimeout, goOn, answered }: IncomingOptions,
): ReadableStream<Uint8Array> {
  const idle = idleTimer(idleTimeout, () => message.destroy());
  let ended = false;
  let waiting = false;
  let progress = 0;
  const rest = (): void => {
    idle.stop();
    waiting = false;
    progress = 0;
  };
  const expect = (bytes: number): void => {
    progress += bytes;
    if (waiting && progress < leastProgress) return;
    waiting = true;
    progress = 0;
    idle.wait();
  };
  const end = (last: () => void): void => {
    rest();
    if (!ended) last();
    ended = true;
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const fail = (): void => end(() => controller.error(clientGone()));
    // Paused before anybody listens, so that nothing flows before it is asked for.
    message.pause();
    message.on('data', (chunk: Buffer) => {
      if (ended) return;
      controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      hastenCollection(chunk.length);
      if ((controller.desiredSize ?? 0) > 0) {
        expect(chunk.length);
      } else {
        rest();
        message.pause();
      }
    });
    message.once('end', () => end(() => controller.close()));
    message.once('error', fail);
    message.once('close', fail);
    answered.addEventListener('abort', fail, { once: true });
  };
  const pull = (): void => {
    goOn?.();
    expect(0);
    message.resume();
  };
  const cancel = (): void => end(() => undefined);
  // Who asks whether to go on is told so only when somebody reads.
  const strategy = { highWaterMark: goOn === undefined ? readAhead : 0, size: sizeOf };
  return new ReadableStream<Uint8Array>({ start, pull, cancel }, strategy);
}

function sizeOf(chunk?: Uint8Array): number {
  return chunk?.byteLength ?? 0;
}

/** Why a request ends whose client closed the connection. */
export function clientGone(): DOMException {
  return new DOMException('client went away', 'AbortError');
}
