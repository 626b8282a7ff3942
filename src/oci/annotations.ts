/** The names of {@link annotationKeys}. */
export type AnnotationName =
  | 'title'
  | 'refName'
  | 'created'
  | 'version'
  | 'source'
  | 'revision'
  | 'description'
  | 'licenses'
  | 'baseName'
  | 'baseDigest'
  | 'orasUnpack'
  | 'orasDigest';

/** Annotation keys that packwright reads and writes (image-spec 1.1.1, annotations). */
export const annotationKeys: Readonly<Record<AnnotationName, string>> = /* @__PURE__ */ Object.freeze({
  /** A layer's file name in an artifact: a safe relative path. */
  title: 'org.opencontainers.image.title',
  /** The tag of an entry in a layout's index. */
  refName: 'org.opencontainers.image.ref.name',
  /** RFC 3339. Written only where the caller gives a time. */
  created: 'org.opencontainers.image.created',
  version: 'org.opencontainers.image.version',
  source: 'org.opencontainers.image.source',
  revision: 'org.opencontainers.image.revision',
  description: 'org.opencontainers.image.description',
  licenses: 'org.opencontainers.image.licenses',
  baseName: 'org.opencontainers.image.base.name',
  baseDigest: 'org.opencontainers.image.base.digest',
  /** `true` on a layer that is a folder as tar and gzip, as oras writes it. */
  orasUnpack: 'io.deis.oras.content.unpack',
  /** The digest of such a layer before compression. */
  orasDigest: 'io.deis.oras.content.digest',
});
