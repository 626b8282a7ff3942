import type { S3Fetch } from '../../../../src/adapters/blob-store/s3.ts';
import { toHex, utf8 } from '../../../../src/bytes/encoding.ts';
import { concatBytes, readAll } from '../../../../src/bytes/stream.ts';
import { digestOf, hexOf } from '../../../../src/digest/digest.ts';

/** A request as the server sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly key: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Answers in the place of the server, or, as a function of its answer, after it. */
export type Fault = (
  request: SeenRequest,
  serve: () => Response,
) => Response | undefined | Promise<Response | undefined>;

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tag: string;
  readonly headers: Headers;
  readonly modified: Date;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, Stored>;
  readonly begun: Date;
}

/** S3 in memory, for faults that no real server makes on demand: one bucket, path style, at s3.example. */
export class S3InMemory {
  readonly endpoint: string = 'https://s3.example';
  readonly bucket: string = 'some-bucket';
  readonly objects: Map<string, Stored> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  readonly seen: SeenRequest[] = [];
  fault: Fault = () => undefined;
  pageSize: number = 1000;
  now: () => number = Date.now;

  readonly client: S3Fetch = {
    fetch: async (address, init = {}) => {
      init.signal?.throwIfAborted();
      const url = new URL(address);
      const key = decodeURIComponent(url.pathname.slice(this.bucket.length + 2));
      const headers = new Headers(init.headers);
      const request = { method: init.method ?? 'GET', url, key, headers, body: await bytesOf(init.body) };
      this.seen.push(request);
      const answer = (await this.fault(request, () => this.#serve(request))) ?? this.#serve(request);
      return request.method === 'HEAD' ? new Response(null, answer) : answer;
    },
  };

  /** What was asked, in short: `PUT sha256/…`. */
  get asked(): string[] {
    return this.seen.map(({ method, key, url }) => `${method} ${key}${url.search}`);
  }

  #serve(request: SeenRequest): Response {
    const { method, key, url, headers } = request;
    const payload = headers.get('x-amz-content-sha256');
    if (payload !== hexOf(digestOf(request.body))) return s3Error(400, 'XAmzContentSHA256Mismatch');
    const query = url.searchParams;
    if (key === '') return query.has('uploads') ? this.#listUploads(query) : this.#list(query);
    const upload = query.get('uploadId') === null ? undefined : this.uploads.get(query.get('uploadId') ?? '');
    if (query.has('uploadId') && upload?.key !== key) return s3Error(404, 'NoSuchUpload');
    if (method === 'POST' && query.has('uploads')) return this.#begin(key);
    if (method === 'POST' && upload !== undefined) return this.#complete(request, upload);
    if (method === 'PUT' && upload !== undefined) return this.#putPart(request, upload);
    if (method === 'DELETE' && upload !== undefined) return this.#abort(query.get('uploadId') ?? '');
    if (method === 'PUT') return this.#put(request, request.body);
    if (method === 'DELETE') return this.#delete(request);
    return this.#get(request);
  }

  #get({ key, headers }: SeenRequest): Response {
    const found = this.objects.get(key);
    if (found === undefined) return s3Error(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.get('range') ?? '');
    const start = Number(range?.[1] ?? 0);
    if (range && start >= found.bytes.length) return s3Error(416, 'InvalidRange');
    const end = Math.min(found.bytes.length, range?.[2] ? Number(range[2]) + 1 : Infinity);
    const body = found.bytes.slice(start, end);
    const answer = new Headers(found.headers);
    answer.set('content-length', String(body.length));
    if (range) answer.set('content-range', `bytes ${start}-${end - 1}/${found.bytes.length}`);
    return new Response(body, { status: range ? 206 : 200, headers: answer });
  }

  #put({ key, headers }: SeenRequest, bytes: Uint8Array<ArrayBuffer>, tag = tagOf(bytes)): Response {
    const found = this.objects.get(key);
    const match = headers.get('if-match');
    if (headers.get('if-none-match') === '*' && found) return s3Error(412, 'PreconditionFailed');
    if (match !== null && !found) return s3Error(404, 'NoSuchKey');
    if (match !== null && match !== found?.tag) return s3Error(412, 'PreconditionFailed');
    const modified = new Date(this.now());
    modified.setUTCMilliseconds(0);
    const kept = new Headers({ etag: tag, 'last-modified': modified.toUTCString() });
    for (const [name, value] of headers) if (/^(content-type$|x-amz-meta-)/.test(name)) kept.set(name, value);
    this.objects.set(key, { bytes, tag, headers: kept, modified });
    return new Response(null, { headers: { etag: tag } });
  }

  #delete({ key, headers }: SeenRequest): Response {
    const found = this.objects.get(key);
    const match = headers.get('if-match');
    if (match !== null && found?.tag !== match) return s3Error(412, 'PreconditionFailed');
    this.objects.delete(key);
    return new Response(null, { status: 204 });
  }

  #begin(key: string): Response {
    const id = toHex(crypto.getRandomValues(new Uint8Array(8)));
    this.uploads.set(id, { key, parts: new Map(), begun: new Date(this.now()) });
    return xml('InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`);
  }

  #putPart({ url, headers, body }: SeenRequest, { parts }: Upload): Response {
    const source = headers.get('x-amz-copy-source') && decodeURIComponent(headers.get('x-amz-copy-source') ?? '');
    const bytes = source === null ? body : this.objects.get(source.slice(this.bucket.length + 2))?.bytes;
    if (bytes === undefined) return s3Error(404, 'NoSuchKey');
    const tag = tagOf(bytes);
    parts.set(Number(url.searchParams.get('partNumber')), { bytes, tag, headers: new Headers(), modified: new Date() });
    if (source !== null) return xml('CopyPartResult', `<ETag>${tag.replaceAll('"', '&quot;')}</ETag>`);
    return new Response(null, { headers: { etag: tag } });
  }

  #complete(request: SeenRequest, { parts }: Upload): Response {
    const text = new TextDecoder().decode(request.body);
    const named = [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;(\w+)&quot;<\/ETag>/g)];
    const chosen = named.map(([, number]) => parts.get(Number(number)));
    if (chosen.some((part, index) => part?.tag !== `"${named[index]?.[2] ?? ''}"`)) return s3Error(400, 'InvalidPart');
    const bytes = concatBytes(chosen.flatMap((part) => part?.bytes ?? []));
    const answer = this.#put(request, bytes, `"${tagOf(bytes).slice(1, -1)}-${chosen.length}"`);
    if (answer.status !== 200) return answer;
    this.uploads.delete(request.url.searchParams.get('uploadId') ?? '');
    return xml('CompleteMultipartUploadResult', '<ETag>&#34;x&#34;</ETag>');
  }

  #abort(id: string): Response {
    this.uploads.delete(id);
    return new Response(null, { status: 204 });
  }

  #list(query: URLSearchParams): Response {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const size = Math.min(this.pageSize, Number(query.get('max-keys') ?? 1000));
    const page = keys.slice(0, size).map((key) => {
      const { bytes, tag, modified } = this.objects.get(key) as Stored;
      const facts = `<Size>${bytes.length}</Size><ETag>${tag.replaceAll('"', '&quot;')}</ETag>`;
      return `<Contents><Key>${escape(key)}</Key><LastModified>${modified.toISOString()}</LastModified>${facts}</Contents>`;
    });
    const last = keys[size - 1];
    const more = keys.length > size && last !== undefined;
    const next = more ? `<NextContinuationToken>${escape(last)}</NextContinuationToken>` : '';
    return xml('ListBucketResult', `<IsTruncated>${more}</IsTruncated>${next}${page.join('')}`);
  }

  #listUploads(query: URLSearchParams): Response {
    const all = [...this.uploads].sort(([a], [b]) => (a < b ? -1 : 1));
    const left = all.filter(([id]) => id > (query.get('upload-id-marker') ?? ''));
    const page = left.slice(0, this.pageSize);
    const [lastId, last] = page.at(-1) ?? [];
    const uploads = page.map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${escape(key)}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    );
    const more = left.length > page.length && last !== undefined;
    const next = more
      ? `<NextKeyMarker>${escape(last.key)}</NextKeyMarker><NextUploadIdMarker>${lastId}</NextUploadIdMarker>`
      : '';
    return xml('ListMultipartUploadsResult', `<IsTruncated>${more}</IsTruncated>${next}${uploads.join('')}`);
  }
}

/** An answer of S3 that says no. */
export function s3Error(status: number, code: string, more = '', headers: Record<string, string> = {}): Response {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>no: ${code}</Message>${more}</Error>`;
  return new Response(text, { status, headers: { 'content-type': 'application/xml', ...headers } });
}

function xml(root: string, content: string): Response {
  const text = `<?xml version="1.0"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`;
  return new Response(text, { headers: { 'content-type': 'application/xml' } });
}

function escape(text: string): string {
  return text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function tagOf(bytes: Uint8Array): string {
  return `"${hexOf(digestOf(bytes)).slice(0, 32)}"`;
}

async function bytesOf(body: RequestInit['body']): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof ReadableStream) return readAll(body as ReadableStream<Uint8Array>, { limit: 1 << 28 });
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return typeof body === 'string' ? utf8(body) : new Uint8Array();
}
