import type { ByteSource } from '../../../bytes/source.ts';
import { streamFrom, chunksOf } from '../../../bytes/stream.ts';
import { Refusal } from './refusal.ts';

/** The body of a request, on its way into a store. */
export interface RequestBody {
  readonly source: ByteSource;
  /** Bytes that the request announces, if it does. */
  readonly size: number | undefined;
  /** Why the body ended early; undefined while it did not. */
  readonly failure: Refusal | undefined;
}

/**
 * The length that a request announces.
 *
 * @throws Refusal 400 for a header that is no length.
 */
export function contentLength(request: Request): number | undefined {
  const text = request.headers.get('content-length');
  if (text === null) return request.body === null ? 0 : undefined;
  const length = Number(text);
  if (/^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(length)) return length;
  throw new Refusal(400, 'SIZE_INVALID', 'Content-Length is not a number of bytes');
}

/** The body of a request as a source that can be read once, of exactly `size` bytes where that is known. */
export function requestBody(request: Request, size: number | undefined, limit: number): RequestBody {
  let failure: Refusal | undefined;
  const fail = (refusal: Refusal): Refusal => (failure = refusal);
  const source: ByteSource = {
    size,
    open: ({ signal } = {}) =>
      Promise.resolve(streamFrom((ended) => countedChunks(request, { size, limit, fail, signal: ended }), signal)),
  };
  return {
    source,
    size,
    get failure() {
      return failure;
    },
  };
}

interface Counting {
  readonly size: number | undefined;
  readonly limit: number;
  readonly fail: (refusal: Refusal) => Refusal;
  readonly signal: AbortSignal;
}

async function* countedChunks(request: Request, counting: Counting): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, limit, fail, signal } = counting;
  let seen = 0;
  for await (const chunk of bodyChunks(request, counting)) {
    seen += chunk.length;
    if (size !== undefined && seen > size) throw fail(notTheSize(`more than the announced ${size}`));
    if (seen > limit) throw fail(tooLarge(limit));
    yield chunk;
  }
  signal.throwIfAborted();
  if (size !== undefined && seen < size) throw fail(notTheSize(`${seen} of the announced ${size}`));
}

async function* bodyChunks(request: Request, { fail, signal }: Counting): AsyncGenerator<Uint8Array, void, undefined> {
  if (request.body === null) return;
  try {
    yield* chunksOf(request.body, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw fail(new Refusal(400, 'BLOB_UPLOAD_INVALID', 'body of the request ended early', { cause }));
  }
}

/** The refusal of a blob that is larger than the server takes. */
export function tooLarge(limit: number): Refusal {
  return new Refusal(413, 'SIZE_INVALID', `content is larger than the limit of ${limit} bytes`);
}

function notTheSize(what: string): Refusal {
  return new Refusal(400, 'SIZE_INVALID', `body of the request has ${what} bytes`);
}
