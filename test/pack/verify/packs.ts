import { toBase64, utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf, type Digest } from '../../../src/digest/index.ts';
import { buildIndex, emptyBytes, emptyDescriptor, mediaTypes, type Descriptor } from '../../../src/oci/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const envelopeType = 'application/vnd.dsse.envelope.v1+json';

/** A layer as it is put. */
export interface Layer {
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export async function putBlob(repository: Repository, layer: Layer): Promise<Descriptor> {
  const { bytes, mediaType = mediaTypes.layerTar, annotations } = layer;
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await repository.blob.put(descriptor, bytesSource(bytes));
  return annotations === undefined ? descriptor : { ...descriptor, annotations };
}

export interface ManifestParts {
  readonly layers: readonly Layer[];
  readonly artifactType?: string;
  readonly subject?: Descriptor | undefined;
  readonly tag?: string;
}

/** Puts a manifest, whatever its layers are: also those that our own writer refuses to write. */
export async function putManifest(repository: Repository, parts: ManifestParts): Promise<Descriptor> {
  const { layers, artifactType, subject, tag } = parts;
  await repository.blob.put(emptyDescriptor, bytesSource(emptyBytes()));
  const descriptors: Descriptor[] = [];
  for (const layer of layers) descriptors.push(await putBlob(repository, layer));
  const bytes = utf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.imageManifest,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: { mediaType: emptyDescriptor.mediaType, digest: emptyDescriptor.digest, size: 2 },
      layers: descriptors,
      ...(subject === undefined ? {} : { subject: plain(subject) }),
    }),
  );
  return repository.manifest.put(bytes, { mediaType: mediaTypes.imageManifest, tag });
}

/** An image of one layer, tagged. */
export function putImage(repository: Repository, content = 'image', tag = 'v1'): Promise<Descriptor> {
  return putManifest(repository, { layers: [{ bytes: utf8(content) }], tag });
}

/** An index over manifests that are there, tagged. */
export async function putIndex(
  repository: Repository,
  manifests: readonly Descriptor[],
  tag = 'v1',
): Promise<Descriptor> {
  const { bytes } = buildIndex({ manifests });
  return repository.manifest.put(bytes, { mediaType: mediaTypes.imageIndex, tag });
}

/** Attaches a bundle as cosign 3 does. */
export function attachBundle(
  repository: Repository,
  subject: Descriptor,
  bundle: Uint8Array,
  parts: Partial<ManifestParts> = {},
): Promise<Descriptor> {
  const layers = [{ bytes: bundle, mediaType: bundleType }];
  return putManifest(repository, { layers, artifactType: bundleType, subject, ...parts });
}

/** The tag under which cosign 2 keeps what it says of a manifest. */
export function legacyTag(digest: Digest, suffix: 'sig' | 'att'): string {
  return `${digest.replace(':', '-')}.${suffix}`;
}

/** What cosign 2 signs. */
export function payloadFor(digest: string): Uint8Array<ArrayBuffer> {
  const image = { 'docker-manifest-digest': digest };
  const type = 'cosign container image signature';
  return utf8(JSON.stringify({ critical: { identity: { 'docker-reference': '' }, image, type }, optional: null }));
}

/** A bundle that can be read, of a key and a message; its signature is nobody's. */
export function strangeBundle(seed = 1): Uint8Array<ArrayBuffer> {
  return utf8(
    JSON.stringify({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: `key-${seed}` } },
      messageSignature: { signature: toBase64(utf8(`signature ${seed}`)) },
    }),
  );
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
