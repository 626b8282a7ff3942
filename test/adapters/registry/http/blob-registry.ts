import { createConnection } from '../../../../src/adapters/registry/http/create-connection.ts';
import { httpBlobs } from '../../../../src/adapters/registry/http/blobs.ts';
import type { RegistryProfile } from '../../../../src/adapters/registry/http/profile.ts';
import { chunksOf, concatBytes } from '../../../../src/bytes/stream.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import type { Fetch } from '../../../../src/http/exchange.ts';
import type { Descriptor } from '../../../../src/oci/descriptor.ts';
import type { RecordStore } from '../../../../src/ports/record-store.ts';
import type { RepositoryBlobs } from '../../../../src/ports/registry.ts';

/** What answers a request in place of the registry; undefined leaves it to the registry. */
export type Override = (request: Request, path: string) => Response | undefined | Promise<Response | undefined>;

/** The blobs of one repository over HTTP, in memory, as distribution has them. */
export class BlobRegistry {
  readonly blobs: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  readonly sessions: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  /** `METHOD path?query`, without what stands before the blobs. */
  readonly log: string[] = [];
  readonly requests: Request[] = [];
  override: Override | undefined;
  /** Cuts the body of a request after so many bytes; asked for each one that has a body. */
  cut: ((request: Request) => number | undefined) | undefined;
  /** Forgets what came of a body that was cut. */
  forgetful = false;
  #ids = 0;

  readonly fetch: Fetch = async (input, init) => {
    const { signal, ...rest } = init ?? {};
    signal?.throwIfAborted();
    const request = new Request(input, rest);
    const { pathname, search } = new URL(request.url);
    if (pathname === '/v2/') return new Response('{}');
    const path = `${pathname.replace('/v2/team/app/blobs/', '')}${search}`;
    this.log.push(`${request.method} ${path}`);
    this.requests.push(request);
    const answer = (await this.override?.(request, path)) ?? (await this.#answer(request, path, signal ?? undefined));
    return request.method === 'HEAD' ? new Response(null, answer) : answer;
  };

  async #answer(request: Request, path: string, signal?: AbortSignal): Promise<Response> {
    const { searchParams } = new URL(request.url);
    if (path.startsWith('uploads/')) {
      const id = path.slice('uploads/'.length).split('?', 1)[0] ?? '';
      if (id === '') return this.#begin();
      const held = this.sessions.get(id);
      if (held === undefined) return problem(404, 'BLOB_UPLOAD_UNKNOWN');
      if (request.method === 'DELETE') {
        this.sessions.delete(id);
        return new Response(null, { status: 204 });
      }
      if (request.method === 'GET') return this.#at(204, id);
      return this.#take(request, id, held, searchParams.get('digest'), signal);
    }
    return this.#read(request, path);
  }

  #begin(): Response {
    const id = String(++this.#ids);
    this.sessions.set(id, new Uint8Array());
    return this.#at(202, id);
  }

  #at(status: number, id: string): Response {
    const size = this.sessions.get(id)?.length ?? 0;
    const location = `/v2/team/app/blobs/uploads/${id}?_state=${size}`;
    return new Response(null, { status, headers: { location, range: `0-${Math.max(0, size - 1)}` } });
  }

  async #take(
    request: Request,
    id: string,
    held: Uint8Array<ArrayBuffer>,
    digest: string | null,
    signal?: AbortSignal,
  ): Promise<Response> {
    const start = request.headers.get('content-range')?.split('-')[0];
    if (start !== undefined && Number(start) !== held.length) return problem(416, 'RANGE_INVALID');
    const limit = this.cut?.(request);
    const chunks: Uint8Array[] = [held];
    let size = 0;
    for await (const chunk of chunksOf(request.body ?? new Blob([]).stream(), { signal })) {
      const part = chunk.subarray(0, (limit ?? Infinity) - size);
      chunks.push(part);
      size += part.length;
      if (size === limit) break;
    }
    const bytes = concatBytes(chunks);
    if (limit !== undefined) {
      if (!this.forgetful) this.sessions.set(id, bytes);
      throw Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
    }
    this.sessions.set(id, bytes);
    if (digest === null) return this.#at(202, id);
    this.sessions.delete(id);
    if (digestOf(bytes) !== digest) return problem(400, 'DIGEST_INVALID');
    this.blobs.set(digest, bytes);
    return new Response(null, { status: 201, headers: { location: `/v2/team/app/blobs/${digest}` } });
  }

  #read(request: Request, digest: string): Response {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) return problem(404, 'BLOB_UNKNOWN');
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
    if (range === null) return new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
    const part = bytes.subarray(Number(range[1]), range[2] === '' ? undefined : Number(range[2]) + 1);
    if (part.length === 0)
      return new Response(null, { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } });
    const end = Number(range[1]) + part.length - 1;
    const contentRange = `bytes ${range[1] ?? ''}-${end}/${bytes.length}`;
    return new Response(part, {
      status: 206,
      headers: { 'content-range': contentRange, 'content-length': String(part.length) },
    });
  }

  /** What was asked, by method. */
  count(method: string): number {
    return this.log.filter((line) => line.startsWith(`${method} `)).length;
  }

  open(
    options: { profile?: Partial<RegistryProfile>; uploads?: RecordStore; attempts?: number } = {},
  ): RepositoryBlobs {
    const { profile, uploads, attempts = 5 } = options;
    const connection = createConnection({
      host: 'registry.example',
      fetch: this.fetch,
      clock: { sleep: () => Promise.resolve() },
      retry: { attempts },
      profile,
    });
    return httpBlobs(connection, 'team/app', { uploads });
  }
}

export function problem(status: number, code: string): Response {
  return Response.json({ errors: [{ code, message: code.toLowerCase() }] }, { status });
}

export function descriptorOf(bytes: Uint8Array): Descriptor {
  return { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length };
}
