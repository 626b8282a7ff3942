import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, isDigest } from '../../../../src/digest/digest.ts';
import type { Fetch } from '../../../../src/http/exchange.ts';
import { createConnection } from '../../../../src/adapters/registry/http/create-connection.ts';
import { httpRepository } from '../../../../src/adapters/registry/http/repository.ts';
import type { RegistryProfile } from '../../../../src/adapters/registry/http/profile.ts';
import type { RepositoryLimits } from '../../../../src/adapters/registry/http/limits.ts';
import { mediaTypes } from '../../../../src/oci/media-types.ts';
import type { Repository } from '../../../../src/ports/registry.ts';

/** A request that a registry of the tests was sent. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Headers;
}

interface Stored {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Answers some requests itself; undefined leaves them to the registry. */
export type Override = (request: Request, seen: Seen) => Response | undefined | Promise<Response | undefined>;

/** The manifests of one repository, over HTTP: as bare as a registry may be, without a referrers API. */
export class SimpleRegistry {
  readonly manifests: Map<string, Stored> = new Map<string, Stored>();
  readonly tags: Map<string, string> = new Map<string, string>();
  readonly seen: Seen[] = [];
  /** Gives entity tags, and honours `If-Match`. */
  conditional = false;
  override: Override | undefined;

  readonly fetch: Fetch = async (input, init) => {
    init?.signal?.throwIfAborted();
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const seen = { method: request.method, path: pathname, search, headers: request.headers };
    this.seen.push(seen);
    const own = await this.override?.(request, seen);
    const response = own ?? (await this.#answer(request, pathname));
    return request.method === 'HEAD' ? new Response(null, response) : response;
  };

  /** Requests as `GET tags/list?n=1000`. */
  get log(): string[] {
    return this.seen.map(({ method, path, search }) => `${method} ${path.replace('/v2/team/app/', '')}${search}`);
  }

  async #answer(request: Request, path: string): Promise<Response> {
    if (path === '/v2/') return new Response('{}');
    const reference = /^\/v2\/team\/app\/manifests\/(.+)$/.exec(path)?.[1];
    if (reference === undefined) return problem(404, 'UNSUPPORTED');
    if (request.method === 'PUT') return this.#put(request, reference);
    const digest = isDigest(reference) ? reference : this.tags.get(reference);
    const found = digest === undefined ? undefined : this.manifests.get(digest);
    if (found === undefined || digest === undefined) return problem(404, 'MANIFEST_UNKNOWN');
    if (request.method === 'DELETE') return this.#delete(reference);
    const headers = {
      'content-type': found.type,
      'content-length': String(found.bytes.length),
      'docker-content-digest': digest,
      ...(this.conditional ? { etag: `"${digest}"` } : {}),
    };
    return new Response(found.bytes, { headers });
  }

  async #put(request: Request, reference: string): Promise<Response> {
    const bytes = new Uint8Array(await request.arrayBuffer());
    const now = this.tags.get(reference);
    if (this.conditional) {
      const match = request.headers.get('if-match');
      if (match !== null && match !== `"${String(now)}"`) return problem(412, 'DENIED');
      if (request.headers.has('if-none-match') && now !== undefined) return problem(412, 'DENIED');
    }
    const digest = isDigest(reference) ? reference : digestOf(bytes);
    this.store(bytes, request.headers.get('content-type') ?? '', digest);
    if (!isDigest(reference)) this.tags.set(reference, digest);
    return new Response(null, { status: 201, headers: { 'docker-content-digest': digest } });
  }

  #delete(reference: string): Response {
    if (!isDigest(reference)) this.tags.delete(reference);
    else this.manifests.delete(reference);
    for (const [tag, digest] of this.tags) if (digest === reference) this.tags.delete(tag);
    return new Response(null, { status: 202 });
  }

  store(bytes: Uint8Array<ArrayBuffer>, type: string, digest: string = digestOf(bytes)): string {
    this.manifests.set(digest, { bytes, type });
    return digest;
  }

  /** The document under a tag. */
  document(tag: string): unknown {
    const found = this.manifests.get(this.tags.get(tag) ?? '');
    return found && (JSON.parse(new TextDecoder().decode(found.bytes)) as unknown);
  }

  /** A repository of it through a client of its own. */
  open(options: OpenOptions = {}): Repository {
    const { limits, profile, clock = { sleep: () => Promise.resolve() } } = options;
    const connection = createConnection({ host: 'registry.example', fetch: this.fetch, clock, profile });
    return httpRepository(connection, 'team/app', { limits });
  }
}

export interface OpenOptions {
  readonly limits?: Partial<RepositoryLimits> | undefined;
  readonly profile?: Partial<RegistryProfile> | undefined;
  readonly clock?: { readonly sleep?: (ms: number) => Promise<void>; readonly random?: () => number } | undefined;
}

/** An error as registries send it. */
export function problem(status: number, code: string): Response {
  return Response.json({ errors: [{ code, message: code.toLowerCase() }] }, { status });
}

/** The bytes of a manifest; what it has besides makes it another one. */
export function manifest(members: object = {}): Uint8Array<ArrayBuffer> {
  const config = { mediaType: mediaTypes.empty, digest: digestOf(utf8('{}')), size: 2 };
  const document = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers: [], ...members };
  return utf8(JSON.stringify(document));
}

/** A descriptor that names some text. */
export function described(text: string, members: object = {}): object {
  const bytes = utf8(text);
  return { mediaType: mediaTypes.imageManifest, digest: digestOf(bytes), size: bytes.length, ...members };
}

/** The bytes of an index. */
export function index(manifests: unknown, members: object = {}): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests, ...members }));
}

/** An answer of the referrers API. */
export function indexAnswer(manifests: unknown, headers: Record<string, string> = {}): Response {
  return new Response(index(manifests), { headers: { 'content-type': mediaTypes.imageIndex, ...headers } });
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
