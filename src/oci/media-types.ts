import { dockerManifest, dockerManifestList, imageIndex, imageManifest } from './manifest-media-types.ts';

export { isMediaType } from './media-type.ts';
export { isImageManifestMediaType, isIndexMediaType, isManifestMediaType } from './manifest-media-types.ts';

/** The names of {@link mediaTypes}. */
export type MediaTypeName =
  | 'imageManifest'
  | 'imageIndex'
  | 'imageConfig'
  | 'empty'
  | 'layerTar'
  | 'layerTarGzip'
  | 'layerTarZstd'
  | 'nonDistributableLayerTar'
  | 'nonDistributableLayerTarGzip'
  | 'nonDistributableLayerTarZstd'
  | 'dockerManifest'
  | 'dockerManifestList'
  | 'dockerConfig'
  | 'dockerLayerTar'
  | 'dockerLayerTarGzip'
  | 'dockerForeignLayerTarGzip'
  | 'pack'
  | 'lock'
  | 'unknownArtifact';

/** Media types of the documents and blobs that packwright reads and writes. */
export const mediaTypes: Readonly<Record<MediaTypeName, string>> = /* @__PURE__ */ Object.freeze({
  imageManifest,
  imageIndex,
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  /** The two bytes `{}`, where a descriptor must name something and there is nothing. */
  empty: 'application/vnd.oci.empty.v1+json',
  layerTar: 'application/vnd.oci.image.layer.v1.tar',
  layerTarGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerTarZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  nonDistributableLayerTar: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  nonDistributableLayerTarGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  nonDistributableLayerTarZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  dockerManifest,
  dockerManifestList,
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerTar: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerTarGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerTarGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  /** The artifact type of a pack made from a lock. */
  pack: 'application/vnd.packwright.pack.v1+json',
  /** A lock, which is the config of a pack. */
  lock: 'application/vnd.packwright.lock.v1+json',
  /** The artifact type of files that nobody gave one. */
  unknownArtifact: 'application/vnd.unknown.artifact.v1',
});

const dockerSchema1: readonly string[] = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
];

/** True for the media types of Docker schema 1, which packwright refuses. */
export function isDockerSchema1MediaType(mediaType: string): boolean {
  return dockerSchema1.includes(mediaType);
}

/** True for a layer that its author forbids to hand on. A copy leaves it where it is (image-spec 1.1.1, layer). */
export function isNonDistributableMediaType(mediaType: string): boolean {
  return (
    mediaType === mediaTypes.dockerForeignLayerTarGzip || mediaType.startsWith(mediaTypes.nonDistributableLayerTar)
  );
}
