import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import { mediaTypes, type Descriptor } from '../../src/oci/index.ts';
import { quirkRegistry, type QuirkRegistry, type QuirkRegistryOptions } from '../../src/testing/quirk-registry.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { putIndex, putManifest, textDescriptor } from '../../src/testing/registry-fixtures.ts';

const origin = 'https://registry.example';

/** A registry with quirks and something in it, and short ways to ask it. */
export interface QuirkUnderTest {
  readonly quirk: QuirkRegistry;
  readonly image: Descriptor;
  readonly index: Descriptor;
  readonly referrer: Descriptor;
  readonly layer: Descriptor;
  /** Asks for a path below `/v2/team/app/`, or for an address. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly status: (path: string, init?: RequestInit) => Promise<number>;
  readonly header: (name: string, path: string, init?: RequestInit) => Promise<string | null>;
  readonly json: (path: string, init?: RequestInit) => Promise<unknown>;
  /** Begins an upload, and gives its address. */
  readonly begin: () => Promise<string>;
  readonly patch: (location: string, bytes: Uint8Array<ArrayBuffer>, start?: number) => Promise<Response>;
  /** The header `Authorization` with a token for some scopes. */
  readonly token: (...scopes: readonly string[]) => Promise<Record<string, string>>;
}

const layerBytes = someBytes(10_000);
const layerDescriptor = { mediaType: 'text/plain', digest: digestOf(layerBytes), size: layerBytes.length };

/** Fills a registry, and then gives it quirks. */
export async function withQuirks(
  quirks: readonly string[],
  options: QuirkRegistryOptions = {},
): Promise<QuirkUnderTest> {
  const quirk = quirkRegistry(options);
  const repository = quirk.registry.repository('team/app');
  await repository.blob.put(layerDescriptor, bytesSource(layerBytes));
  const image = await putManifest(repository, 'text', { tag: '1.0', layers: [layerDescriptor] });
  const index = await putIndex(repository, [image], 'index');
  const referrer = await putManifest(repository, 'about it', { subject: image, artifactType: 'application/x.about' });
  quirk.set(quirks);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    quirk.handle(new Request(new URL(path, `${origin}/v2/team/app/`), { redirect: 'manual', ...init }));
  return {
    quirk,
    image,
    index,
    referrer,
    layer: layerDescriptor,
    ask,
    status: async (path, init) => discarded(await ask(path, init)),
    header: async (name, path, init) => (await ask(path, init)).headers.get(name),
    json: async (path, init) => (await ask(path, init)).json() as Promise<unknown>,
    begin: async () => (await ask('blobs/uploads/', { method: 'POST' })).headers.get('location') ?? '',
    patch: (location, bytes, start = 0) =>
      ask(location, {
        method: 'PATCH',
        body: bytes,
        headers: {
          'content-range': `${start}-${start + bytes.length - 1}`,
          'content-type': 'application/octet-stream',
        },
      }),
    token: async (...scopes) => {
      const { username, password } = quirk.credential;
      const query = scopes.map((scope) => `scope=${encodeURIComponent(scope)}`).join('&');
      const headers = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
      const { token } = (await (await ask(`/token?${query}`, { headers })).json()) as { token: string };
      return { authorization: `Bearer ${token}` };
    },
  };
}

async function discarded(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

/** A manifest to push. */
export function manifestWith(members: Record<string, unknown> = {}): RequestInit {
  const config = textDescriptor('{}', mediaTypes.empty);
  const document = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers: [], ...members };
  return { method: 'PUT', body: utf8(JSON.stringify(document)), headers: { 'content-type': mediaTypes.imageManifest } };
}
