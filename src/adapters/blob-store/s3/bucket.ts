import { isPackError } from '../../../errors.ts';
import { toHex } from '../../../bytes/encoding.ts';
import { exchange, type Exchange } from '../../../http/exchange.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import { withRetry } from '../../../http/retry.ts';
import { createSlots, type Slots } from '../../../http/slots.ts';
import { answerBytes, answerText } from './answer-bytes.ts';
import { followsServerClock } from './client.ts';
import type { S3Settings } from './options.ts';
import { answerFailure, faultOf, storeFailure, type S3Action } from './s3-failure.ts';
import { childText, parseXml, type XmlElement } from './xml.ts';

/** One request about the bucket or an object in it. */
export interface S3Request {
  readonly method: string;
  /** The whole key; the bucket itself where it is missing. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
  /** The SHA-256 of the body in hex, where it is known. */
  readonly sha256?: string | undefined;
  /** Statuses that are an answer. */
  readonly expect: readonly number[];
  readonly action: S3Action;
  /**
   * What a document has that was asked for, whatever its name: clients of Amazon look at no name, so that there are
   * servers with another one (rclone 1.76, S3Proxy 2.9).
   */
  readonly field?: string | undefined;
  /** A code of S3 that is an answer too: what was asked for is not there. */
  readonly missing?: string | undefined;
  /** Only the head of an answer with everything is wanted. */
  readonly peek?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer that was read to its end. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True where an earlier try of the same request failed, and may have been heard all the same. */
  readonly retried: boolean;
}

/** Bytes that may be sent for nothing. */
export const smallBody: number = 1 << 18;
const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The one door to a bucket. Everything that comes out of it is an answer that was asked for, or an error of the port. */
export class S3Bucket {
  readonly settings: S3Settings;
  /** For bodies that are read as they come. Fails with {@link HttpFailure}. */
  readonly http: HttpClient;
  /** What the server makes of `If-None-Match`: `kept` when it has refused what was there, `unknown` when it said so. */
  #conditions: 'untried' | 'kept' | 'ignored' | 'unknown' = 'untried';
  readonly #slots: Slots;
  /** Whoever reads a body holds no slot, as he may ask for something else meanwhile. */
  readonly #free: Slots = { take: () => Promise.resolve(() => undefined) };

  constructor(settings: S3Settings) {
    this.settings = settings;
    this.#slots = createSlots({ total: settings.concurrency, perOrigin: settings.concurrency });
    this.http = {
      policy: settings.retry,
      clock: settings.clock,
      ask: (url, options = {}) => {
        const { method = 'GET', expect = [200], signal, onRetry } = options;
        const { 'accept-encoding': encoding, ...rest } = options.headers ?? {};
        // Fetch says this itself of a range, once more, and then what was signed is not what is sent.
        const headers = 'range' in rest || encoding === undefined ? rest : { ...rest, 'accept-encoding': encoding };
        const once = (): Promise<Exchange> => this.#once(url, { method, headers, expect, signal }, this.#free);
        return withRetry(once, { policy: settings.retry, clock: settings.clock, signal, onRetry });
      },
    };
  }

  url(key?: string, query?: Readonly<Record<string, string>>): URL {
    return this.settings.address.url(key, query);
  }

  /** The key of something in this store. */
  keyOf(name: string): string {
    return this.settings.address.prefix + name;
  }

  /**
   * Asks, and reads the answer to its end.
   *
   * @throws StoreError, or the reason of the signal.
   */
  async ask(request: S3Request): Promise<S3Answer> {
    try {
      return await this.#answered(request);
    } catch (error) {
      const missing = request.missing !== undefined && isMissing(error, request.missing);
      if (!missing) throw this.failure(error, request.action);
      return { status: 404, headers: new Headers(), bytes: new Uint8Array(), retried: false };
    }
  }

  /** True where {@link create} is known to leave what is there as it is. */
  get keepsConditions(): boolean {
    return this.#conditions === 'kept';
  }

  /** From now on {@link create} writes without a condition: what is there is the same, if anything is. */
  ignoreConditions(): void {
    this.#conditions = 'unknown';
  }

  /**
   * Writes an object that is not there: PUT, or the end of an upload. False where it is there. A server that does not
   * keep `If-None-Match` writes what is the same anyhow, as these keys are digests.
   */
  async create(request: Omit<S3Request, 'expect'> & { readonly root?: string }): Promise<boolean> {
    const conditional = this.#conditions !== 'unknown';
    const headers = { ...request.headers, ...(conditional && { 'if-none-match': '*' }) };
    const whole = { ...request, headers, expect: [200, 412] };
    try {
      const answer = await this.#answered(whole, request.root);
      if (answer.status === 412) this.#conditions = 'kept';
      else if (this.#conditions === 'untried' && (request.body?.length ?? 0) <= smallBody) await this.#learn(whole);
      return answer.status === 200 || answer.retried;
    } catch (error) {
      if (!conditional || !(error instanceof HttpFailure) || !isUnknown(error)) {
        throw this.failure(error, request.action);
      }
      this.#conditions = 'unknown';
      return this.create(request);
    }
  }

  /** Writes once more what is there now: a server that keeps conditions refuses. Once for each store. */
  async #learn(request: S3Request): Promise<void> {
    this.#conditions = 'ignored';
    if (request.method !== 'PUT') return;
    // The object is written: whatever goes wrong here is nothing that its writer needs to know.
    const again = await this.#answered(request).catch(() => undefined);
    if (again?.status === 412) this.#conditions = 'kept';
  }

  /** Asks for a document with this root. */
  async document(request: S3Request, root: string): Promise<XmlElement> {
    try {
      const answer = await this.#answered(request, root);
      return documentOf(this, request, answer, root);
    } catch (error) {
      throw this.failure(error, request.action);
    }
  }

  /** The error of the port for whatever went wrong. */
  failure(error: unknown, action: S3Action): unknown {
    return isPackError(error) ? error : storeFailure(error, action, this.settings);
  }

  /** An answer; where it is a success it must have this root. Asks again as long as that helps. */
  async #answered(request: S3Request, root?: string): Promise<S3Answer> {
    const { retry: policy, clock } = this.settings;
    const { key, query, signal, ...rest } = request;
    let retried = false;
    const once = async (): Promise<S3Answer> => {
      const exchanged = await this.#once(this.url(key, query), { ...rest, signal }, this.#slots);
      const { response } = exchanged;
      const bytes = await answerBytes(exchanged, request.peek === true && response.status === 200);
      const whole = { status: response.status, headers: response.headers, bytes, retried };
      if (root !== undefined && response.status === 200) documentOf(this, request, whole, root);
      return whole;
    };
    return withRetry(once, { policy, clock, signal, onRetry: () => (retried = true) });
  }

  async #once(url: URL, request: Omit<S3Request, 'key' | 'query' | 'action'>, slots: Slots): Promise<Exchange> {
    const { method, body, expect, signal, sha256 } = request;
    const { client, timeouts, commonHeaders } = this.settings;
    const payload = sha256 ?? (body === undefined ? emptySha256 : await sha256Of(body));
    const headers = { ...commonHeaders, ...request.headers, 'x-amz-content-sha256': payload };
    const answerMs = timeouts.answerMs + ((body?.length ?? 0) * 1000) / timeouts.minBytesPerSecond;
    // Sent slice by slice, where the platform says how long a stream is: S3 takes none whose length is not said.
    const sliced = body !== undefined && body.length > 0 && !('Deno' in globalThis);
    const whole = sliced || body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> };
    const context = {
      fetch: (_: unknown, init?: RequestInit) => client.fetch(url.href, { ...init, ...whole }),
      slots,
      timeouts: { ...timeouts, answerMs },
    };
    const init: RequestInit = {
      method,
      headers,
      redirect: 'manual',
      // The cache of a browser changes ranges and adds conditions, after they were signed.
      ...('location' in globalThis && { cache: 'no-store' }),
      ...(sliced && { body: body as Uint8Array<ArrayBuffer> }),
    };
    const answer = await exchange(url, init, context, { signal, patient: true });
    if (expect.includes(answer.response.status)) return answer;
    const text = method === 'HEAD' ? '' : await answerText(answer);
    throw answerFailure({ ...answer, method }, text, { followsClock: followsServerClock(client) });
  }
}

/** What servers say of a header that they do not know. */
function isUnknown(failure: HttpFailure): boolean {
  return failure.status === 501 || faultOf(failure)?.code === 'NotImplemented';
}

function isMissing(error: unknown, code: string): boolean {
  return error instanceof HttpFailure && faultOf(error)?.code === code;
}

/** S3 says 200 and then, after minutes, an error in the body. */
function documentOf(bucket: S3Bucket, request: S3Request, answer: S3Answer, root: string): XmlElement {
  const text = new TextDecoder().decode(answer.bytes);
  const document = parseXml(text);
  const { key, query, method, field } = request;
  if (document?.name === root || (document !== undefined && hasField(document, field))) return document;
  throw answerFailure({ url: bucket.url(key, query), response: new Response(null, answer), method }, text);
}

/** An error may have it, too: that of an upload has its id. */
function hasField(document: XmlElement, field: string | undefined): boolean {
  return field !== undefined && document.name !== 'Error' && (childText(document, field) ?? '') !== '';
}

/** Aside from the event loop, and at the speed of the platform. */
async function sha256Of(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}
