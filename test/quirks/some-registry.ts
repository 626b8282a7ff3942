import { bytesSource } from '../../src/bytes/source.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import { mediaTypes, type Descriptor } from '../../src/oci/index.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { manifestBytes, putIndex, putManifest } from '../../src/testing/registry-fixtures.ts';

const mebibyte = 1024 * 1024;

/** A blob with its bytes. */
export interface SomeBlob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
}

function blobOf(size: number, seed: number): SomeBlob {
  const bytes = someBytes(size, seed);
  return { bytes, descriptor: { mediaType: 'application/x.some', digest: digestOf(bytes), size } };
}

/** What is in the registry, in `team/app` but for `base`, which is in `team/base`. */
export const stored: SomeBlob = blobOf(200_000, 1);
export const base: SomeBlob = blobOf(5_000, 2);
/** What is put. */
export const small: SomeBlob = blobOf(3_000, 3);
/** More than a request of a registry with small limits may bring, and more than two parts. */
export const large: SomeBlob = blobOf(3 * mebibyte + 17, 4);
/** Limits that are small enough for `large`. */
export const sizes: { readonly [name: string]: number; readonly maxChunk: number } = {
  maxChunk: 2 * mebibyte,
  minChunk: mebibyte,
  maxBody: 2 * mebibyte,
  maxManifest: 800,
  maxPage: 500,
  slowness: 1,
};

/** What a repository was filled with. */
export interface Filled {
  readonly image: Descriptor;
  readonly imageBytes: Uint8Array<ArrayBuffer>;
  readonly index: Descriptor;
  readonly referrer: Descriptor;
}

/** Fills `team/app` and `team/base`: an image under two tags, an index, a referrer, and the tag that lists it. */
export async function fillRegistry(registry: { repository(name: string): Repository }): Promise<Filled> {
  const other = registry.repository('team/base');
  await other.blob.put(base.descriptor, bytesSource(base.bytes));
  await putManifest(other, 'base', { tag: 'base', layers: [base.descriptor] });
  const repository = registry.repository('team/app');
  await repository.blob.put(stored.descriptor, bytesSource(stored.bytes));
  const image = await putManifest(repository, 'text', { tag: '1.0', layers: [stored.descriptor] });
  await repository.tag('old', image);
  const index = await putIndex(repository, [image], 'index');
  const about = { subject: image, artifactType: 'application/x.about', annotations: { a: 'b' } };
  const referrer = await putManifest(repository, 'about it', about);
  await putIndex(repository, [listed(referrer, about)], image.digest.replace(':', '-'));
  return { image, imageBytes: manifestBytes({ layers: [stored.descriptor] }), index, referrer };
}

function listed(referrer: Descriptor, { artifactType, annotations }: Partial<Descriptor>): Descriptor {
  return { ...referrer, artifactType, annotations };
}

/** What is pushed, and where it is. */
export interface PushSource {
  readonly repository: Repository;
  readonly root: Descriptor;
}

let source: Promise<PushSource> | undefined;

/** A registry in memory with an index of two images, and something that refers to it. Nobody writes there. */
export function sourceOfPush(): Promise<PushSource> {
  return (source ??= fillSource());
}

async function fillSource(): Promise<PushSource> {
  const repository = memoryRegistry().repository('team/source');
  await repository.blob.put(large.descriptor, bytesSource(large.bytes));
  await repository.blob.put(small.descriptor, bytesSource(small.bytes));
  const first = await putManifest(repository, 'one', { layers: [large.descriptor, small.descriptor] });
  const second = await putManifest(repository, 'two', { layers: [small.descriptor] });
  const root = await putIndex(repository, [first, second], 'pushed');
  await putManifest(repository, 'about', { subject: root, artifactType: 'application/x.about' });
  return { repository, root };
}

/** A new manifest. */
export function newManifest(members: Parameters<typeof manifestBytes>[0] = {}): Uint8Array<ArrayBuffer> {
  return manifestBytes({ layers: [stored.descriptor], annotations: { new: 'yes' }, ...members });
}

export const imageType: string = mediaTypes.imageManifest;
export { utf8 };
