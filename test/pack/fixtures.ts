import { streamOf } from '../../src/bytes/source.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, integrityOf, type Digest } from '../../src/digest/index.ts';
import { memorySink, type MemorySink } from '../../src/adapters/sink/memory.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { createPackService, type PackEvent, type PackService, type PackServiceOptions } from '../../src/index.ts';
import type { Artifact, Source, SourceOptions } from '../../src/ports/source.ts';
import type { Registry, Repository } from '../../src/ports/registry.ts';

/** Bytes that differ from seed to seed, and compress badly. */
export function someBytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 255;
  }
  return bytes;
}

export interface Package {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Packages `p0`, `p1`, … with some bytes each. */
export function somePackages(count: number, size = 100): Package[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `p${index}`,
    bytes: someBytes(size + index, index + 1),
  }));
}

const addressOf = (name: string): string => `https://registry.example/${name}/-/${name}-1.0.0.tgz`;

/** A package-lock.json of these packages, all of them direct dependencies. */
export function lockfileOf(packages: readonly Package[], order: 'given' | 'reversed' = 'given'): Uint8Array {
  const nodes = packages.map(({ name, bytes }) => [
    `node_modules/${name}`,
    { version: '1.0.0', resolved: addressOf(name), integrity: integrityOf(digestOf(bytes, 'sha512')) },
  ]);
  if (order === 'reversed') nodes.reverse();
  const dependencies = Object.fromEntries(packages.map(({ name }) => [name, '1.0.0']));
  const document = {
    name: 'root',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: 'root', version: '1.0.0', dependencies }, ...(Object.fromEntries(nodes) as object) },
  };
  return utf8(JSON.stringify(document, undefined, 2));
}

/** A source that has these packages, by address or by digest. `answer` may change what it gives. */
export function sourceOf(
  packages: readonly Package[],
  answer: (
    bytes: Uint8Array,
    artifact: Artifact,
    options: SourceOptions,
  ) => Uint8Array | undefined | Promise<Uint8Array | undefined> = (bytes) => bytes,
  id = 'memory',
): Source & { readonly asked: string[] } {
  const byDigest = new Map<Digest, Uint8Array>(packages.map(({ bytes }) => [digestOf(bytes, 'sha512'), bytes]));
  const asked: string[] = [];
  return {
    id,
    asked,
    async open(artifact, options = {}) {
      asked.push(artifact.name);
      const bytes = artifact.digests.map((digest) => byDigest.get(digest)).find((found) => found !== undefined);
      const given = bytes === undefined ? undefined : await answer(bytes, artifact, options);
      return given === undefined ? undefined : chunked(given);
    },
  };
}

function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const middle = bytes.length >> 1;
  return new ReadableStream({
    start(controller) {
      if (middle > 0) controller.enqueue(bytes.slice(0, middle));
      controller.enqueue(bytes.slice(middle));
      controller.close();
    },
  });
}

export interface Bench {
  readonly service: PackService;
  readonly registry: Registry;
  readonly repository: Repository;
  readonly events: PackEvent[];
}

/** A service over one registry, whatever the host, that writes down its events. */
export function bench(options: PackServiceOptions = {}, registry: Registry = memoryRegistry()): Bench {
  const events: PackEvent[] = [];
  const onEvent = (event: PackEvent): void => void events.push(event);
  const service = createPackService({ registries: () => registry, onEvent, ...options });
  return { service, registry, repository: registry.repository('team/app'), events };
}

export const here = 'registry.example/team/app:v1';

/** What a sink holds: text by path, a slash behind folders. */
export function tree(sink: MemorySink): Record<string, string> {
  const files = [...sink.files()].map(([path, entry]): [string, string] => {
    if (entry.type === 'file') return [path, `${new TextDecoder().decode(entry.bytes)}${entry.executable ? ' x' : ''}`];
    return entry.type === 'symlink' ? [path, `-> ${entry.target}`] : [`${path}/`, ''];
  });
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export { memorySink, streamOf };

/** The tags, manifests and blobs that a registry shows under a name. */
export async function isEmpty(repository: Repository): Promise<boolean> {
  for await (const tag of repository.tags()) return tag === '';
  for await (const root of repository.roots?.() ?? []) return root.size < 0;
  return true;
}
