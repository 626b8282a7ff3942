/** Image manifest (image-spec 1.1.1, manifest). */
export const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
/** Image index (image-spec 1.1.1, image index). */
export const imageIndex = 'application/vnd.oci.image.index.v1+json';
/** Docker image manifest version 2, schema 2. */
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerManifestList = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** True for the media type of a document that lists layers or other documents: OCI or Docker, manifest or index. */
export function isManifestMediaType(mediaType: string): boolean {
  return isImageManifestMediaType(mediaType) || isIndexMediaType(mediaType);
}

/** True for the media type of an image manifest, OCI or Docker schema 2. */
export function isImageManifestMediaType(mediaType: string): boolean {
  return mediaType === imageManifest || mediaType === dockerManifest;
}

/** True for the media type of an image index, or of the manifest list that Docker calls it. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === imageIndex || mediaType === dockerManifestList;
}
