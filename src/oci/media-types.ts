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
  /** Image manifest (image-spec 1.1.1, manifest). */
  imageManifest: 'application/vnd.oci.image.manifest.v1+json',
  /** Image index (image-spec 1.1.1, image index). */
  imageIndex: 'application/vnd.oci.image.index.v1+json',
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  /** The two bytes `{}`, where a descriptor must name something and there is nothing. */
  empty: 'application/vnd.oci.empty.v1+json',
  layerTar: 'application/vnd.oci.image.layer.v1.tar',
  layerTarGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerTarZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  nonDistributableLayerTar: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
  nonDistributableLayerTarGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  nonDistributableLayerTarZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  /** Docker image manifest version 2, schema 2. */
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
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

/** True for the media type of a document that lists layers or other documents: OCI or Docker, manifest or index. */
export function isManifestMediaType(mediaType: string): boolean {
  return isImageManifestMediaType(mediaType) || isIndexMediaType(mediaType);
}

/** True for the media type of an image manifest, OCI or Docker schema 2. */
export function isImageManifestMediaType(mediaType: string): boolean {
  return mediaType === mediaTypes.imageManifest || mediaType === mediaTypes.dockerManifest;
}

/** True for the media type of an image index, or of the manifest list that Docker calls it. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === mediaTypes.imageIndex || mediaType === mediaTypes.dockerManifestList;
}

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

const maxLength = 1024;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const parameterPattern =
  /^[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+=(?:[A-Za-z0-9!#$%&'*+.^_`|~-]+|"[^"\\;\u0000-\u001f\u007f]*")[ \t]*$/;

/**
 * True for a media type: `type/subtype`, each 1 to 127 characters of RFC 6838 section 4.2, and after it at most
 * parameters such as `;version=0.1`, which Sigstore's trusted root has. 1,024 characters in all.
 */
export function isMediaType(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > maxLength) return false;
  const [name = '', ...parameters] = text.split(';');
  return namePattern.test(name) && parameters.every((parameter) => parameterPattern.test(parameter));
}
