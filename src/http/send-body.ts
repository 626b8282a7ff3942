import type { HttpTimeouts } from './exchange.ts';
import { forbidsRedirects, streamsBodies } from './upload-abilities.ts';

/** A body on its way out: how fetch is told of it, and what it says of its progress. */
export interface SentBody {
  readonly init: RequestInit;
  /** How long the head of the answer may take if nothing is heard of the body. Milliseconds. */
  readonly waitMs: number;
  /** Is told how long to wait from now on; undefined while it is not the server that is waited for. */
  rearm: ((ms: number | undefined) => void) | undefined;
  /** Closes what the body is read from. Harmless after its end. */
  readonly end: () => void;
}

/** Room for 256 KiB: large enough to cost little each, small enough to see that something moves. */
const sliceBytes = 1 << 18;
/** What is larger is sent as a stream where that can be: of bytes that are sent at once nobody hears how far they are. */
const unwatchedBytes = 1 << 15;
/** What is larger is never copied by the platform only to be sent again after a redirect. */
const keptBytes = 1 << 24;

/** Prepares the body of a request: a stream is watched, and closed when the exchange is over. */
export function sendBody(init: RequestInit, timeouts: HttpTimeouts, patient: boolean): SentBody {
  const { body } = init;
  const answerMs = patient ? timeouts.answerMs : timeouts.headersMs;
  if (body instanceof ReadableStream) {
    return sendStream(unkept(init), body as ReadableStream<Uint8Array>, timeouts, timeouts.answerMs);
  }
  if (body instanceof Uint8Array && body.length > unwatchedBytes && body.length <= keptBytes && streamsBodies()) {
    return sendStream(withLength(init, body.length), body, timeouts, answerMs);
  }
  const headers = new Headers(init.headers);
  // The platform says the length of what it knows itself; Node 20 sends nothing where it is said twice.
  headers.delete('content-length');
  const size = sizeOf(body);
  const waitMs = answerMs + (size * 1000) / timeouts.minBytesPerSecond;
  const known = { ...init, headers };
  return { init: size > keptBytes ? unkept(known) : known, waitMs, rearm: undefined, end: () => undefined };
}

function sizeOf(body: RequestInit['body']): number {
  if (body instanceof Blob) return body.size;
  if (body instanceof Uint8Array) return body.length;
  return typeof body === 'string' ? body.length : 0;
}

/**
 * Tells fetch to keep nothing of a body that it has sent. Node's keeps every byte for the case of a redirect, unless
 * redirects are an error and there is no window to ask for credentials (fetch standard, "HTTP-network-or-cache fetch").
 * A redirect then rejects, which is the price.
 */
function unkept(init: RequestInit): RequestInit {
  return forbidsRedirects() && streamsBodies() ? { ...init, window: null, redirect: 'error' } : init;
}

function withLength(init: RequestInit, length: number): RequestInit {
  const headers = new Headers(init.headers);
  if (headers.get('content-length') === String(length)) return init;
  headers.set('content-length', String(length));
  return { ...init, headers };
}

function sendStream(
  init: RequestInit,
  body: ReadableStream<Uint8Array> | Uint8Array,
  timeouts: HttpTimeouts,
  answerMs: number,
): SentBody {
  // A platform may begin to read as soon as it knows where to.
  let sent: SentBody | undefined = undefined;
  const watched = new WatchedBody(body, (phase, bytes) => {
    if (phase === 'reading') sent?.rearm?.(undefined);
    else if (phase === 'sent') sent?.rearm?.(answerMs);
    else sent?.rearm?.(timeouts.idleMs + (bytes * 1000) / timeouts.minBytesPerSecond);
  });
  const framed = fixedLength(watched.stream, new Headers(init.headers).get('content-length'));
  sent = {
    init: { ...init, body: framed, ...{ duplex: 'half' } },
    waitMs: timeouts.headersMs,
    rearm: undefined,
    end: () => {
      watched.end();
    },
  };
  return sent;
}

type Phase = 'reading' | 'sending' | 'sent';

type Controller = ReadableStreamDefaultController<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A body as a stream of its bytes in slices, that tells what it is at and can be ended from outside. */
class WatchedBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #tell: (phase: Phase, bytes: number) => void;
  readonly #reader: Reader | undefined;
  #rest: Uint8Array | undefined;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array> | Uint8Array, tell: (phase: Phase, bytes: number) => void) {
    this.#tell = tell;
    if (body instanceof Uint8Array) this.#rest = body;
    else this.#reader = body.getReader();
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: () => {
          this.end();
        },
      },
      { highWaterMark: 0 },
    );
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // Whoever is read from may fail to close; the exchange is over all the same.
    this.#reader?.cancel().catch(() => undefined);
  }

  // Bytes that are at hand go on without a promise: most bodies are small, and a promise costs as much as sending them.
  #pull(controller: Controller): Promise<void> | undefined {
    if (this.#rest !== undefined) this.#send(controller, this.#rest);
    else if (this.#reader === undefined) this.#finish(controller);
    else return this.#read(this.#reader, controller);
    return undefined;
  }

  async #read(reader: Reader, controller: Controller): Promise<void> {
    this.#tell('reading', 0);
    const { done, value } = await reader.read();
    if (done) this.#finish(controller);
    else this.#send(controller, value);
  }

  #send(controller: Controller, bytes: Uint8Array): void {
    const slice = bytes.subarray(0, sliceBytes);
    this.#rest = slice.length < bytes.length ? bytes.subarray(sliceBytes) : undefined;
    this.#tell('sending', slice.length);
    controller.enqueue(slice);
  }

  #finish(controller: Controller): void {
    // Less than all bytes must never look like all of them.
    if (this.#ended) controller.error(new Error('the exchange is over'));
    else controller.close();
    this.#ended = true;
    this.#tell('sent', 0);
  }
}

interface LengthPlatform {
  readonly FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
}

/** workerd announces the length of a stream only where it is one of its own kind. */
function fixedLength(stream: ReadableStream<Uint8Array>, length: string | null): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as LengthPlatform;
  if (FixedLengthStream === undefined || length === null) return stream;
  return stream.pipeThrough(new FixedLengthStream(Number(length)));
}
