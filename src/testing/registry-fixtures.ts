import { utf8 } from '../bytes/encoding.ts';
import { digestOf, type Digest, type DigestAlgorithm } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Repository } from '../ports/registry.ts';
import { bytesSource } from './bytes.ts';

/** The descriptor of some text. */
export function textDescriptor(text: string, mediaType = 'text/plain', algorithm?: DigestAlgorithm): Descriptor {
  const bytes = utf8(text);
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** Puts some text as a blob. */
export async function putText(repository: Repository, text: string, mediaType?: string): Promise<Descriptor> {
  const descriptor = textDescriptor(text, mediaType);
  await repository.blob.put(descriptor, bytesSource(utf8(text)));
  return descriptor;
}

/** What a manifest of the suites may have besides one config and one layer. */
export interface ManifestFixture {
  readonly subject?: Descriptor | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly layers?: readonly Descriptor[] | undefined;
}

/** The bytes of a manifest whose config is the empty object. */
export function manifestBytes(fixture: ManifestFixture = {}): Uint8Array<ArrayBuffer> {
  const { layers = [], ...rest } = fixture;
  const config = textDescriptor('{}', mediaTypes.empty);
  const document = { schemaVersion: 2, mediaType: mediaTypes.imageManifest, config, layers, ...rest };
  return utf8(JSON.stringify(document));
}

/** Where a manifest is put. */
export interface PutFixture {
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** Puts a manifest with one layer of some text, after its blobs. */
export async function putManifest(
  repository: Repository,
  text: string,
  fixture: ManifestFixture & PutFixture = {},
): Promise<Descriptor> {
  const { tag, digest, ...members } = fixture;
  await putText(repository, '{}');
  const layers = [await putText(repository, text)];
  const bytes = manifestBytes({ layers, ...members });
  return repository.manifest.put(bytes, { mediaType: mediaTypes.imageManifest, tag, digest });
}

/** Puts an index of manifests that are there. */
export function putIndex(repository: Repository, manifests: readonly Descriptor[], tag?: string): Promise<Descriptor> {
  const document = { schemaVersion: 2, mediaType: mediaTypes.imageIndex, manifests };
  return repository.manifest.put(utf8(JSON.stringify(document)), { mediaType: mediaTypes.imageIndex, tag });
}

/** Everything that is listed. */
export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The manifests that stand on their own, where the repository can tell. */
export function rootsOf(repository: Repository): Promise<Descriptor[]> {
  return repository.roots === undefined ? Promise.resolve([]) : listed(repository.roots());
}
