import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer, type RegistryServerOptions } from '../../../../src/adapters/registry/server.ts';
import { mediaTypes } from '../../../../src/oci/media-types.ts';
import type { Descriptor } from '../../../../src/oci/descriptor.ts';

/** What a request has besides its method and path. */
export interface Ask {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** An answer, with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export type Asker = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** Asks a handler, as a listener would. */
export function asking(handler: (request: Request) => Promise<Response>, host = 'localhost:5000'): Asker {
  return async (method, path, { headers = {}, body, signal } = {}) => {
    const request = new Request(`http://${host}${path}`, {
      method,
      headers: { ...lengthOf(body), ...headers },
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    const response = await handler(request);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

function lengthOf(body: Ask['body']): Record<string, string> {
  if (body === undefined || body instanceof ReadableStream) return {};
  return { 'content-length': String(typeof body === 'string' ? utf8(body).length : body.length) };
}

/** A server over a registry in memory. */
export function served(options: RegistryServerOptions = {}): Asker {
  const { blobs, registry = blobs === undefined ? memoryRegistry() : undefined } = options;
  return asking(registryServer({ ...options, registry }));
}

/** The codes of the errors in an answer. */
export function codesOf(answer: Answer): readonly string[] {
  const { errors } = JSON.parse(answer.text) as { errors: readonly { code: string }[] };
  return errors.map(({ code }) => code);
}

export function located(answer: Answer): string {
  return answer.headers.get('location') ?? '';
}

/** Pushes a blob in one request. */
export async function pushBlob(ask: Asker, repository: string, text: string): Promise<Descriptor> {
  const digest = digestOf(utf8(text));
  const answer = await ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: text });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { mediaType: 'text/plain', digest, size: utf8(text).length };
}

/** Starts an upload, and says where it goes on. */
export async function startUpload(ask: Asker, repository = 'team/app'): Promise<string> {
  return located(await ask('POST', `/v2/${repository}/blobs/uploads/`));
}

export interface ManifestInput {
  readonly text?: string;
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The text of a manifest with one layer, whose blobs it pushes. */
export async function someManifest(ask: Asker, repository: string, input: ManifestInput = {}): Promise<string> {
  const { text = 'layer', ...rest } = input;
  const config = { ...(await pushBlob(ask, repository, '{}')), mediaType: mediaTypes.empty };
  const layers = [await pushBlob(ask, repository, text)];
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers, ...rest });
}

export const manifestType: Readonly<Record<string, string>> = { 'content-type': mediaTypes.imageManifest };

/** Pushes a manifest with one layer. */
export async function pushManifest(
  ask: Asker,
  repository: string,
  reference?: string,
  input: ManifestInput = {},
): Promise<Descriptor> {
  const body = await someManifest(ask, repository, input);
  const digest = digestOf(utf8(body));
  const answer = await ask('PUT', `/v2/${repository}/manifests/${reference ?? digest}`, {
    headers: manifestType,
    body,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { mediaType: mediaTypes.imageManifest, digest, size: utf8(body).length };
}

/** The same object without some of its optional members. */
export function without<T extends object>(whole: T, ...names: readonly (keyof T)[]): T {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name as keyof T))) as T;
}

export function sha(text: string): Digest {
  return digestOf(utf8(text));
}
