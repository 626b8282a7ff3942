/**
 * OCI documents: media types, descriptors, image manifest, index and config, references, platforms, limits, and the
 * walk over what a manifest is made of.
 *
 * @module
 */
export { annotationKeys, type AnnotationName } from './annotations.ts';
export {
  buildIndex,
  buildManifest,
  type BuiltDocument,
  type DocumentInput,
  type IndexInput,
  type ManifestInput,
} from './build-manifest.ts';
export { parseImageConfig, type ImageConfig, type ImageExecution, type ImageHistoryEntry } from './config.ts';
export type { Descriptor, Platform } from './descriptor.ts';
export { emptyBytes, emptyDescriptor } from './empty.ts';
export {
  isNonDistributable,
  successorsOf,
  walkGraph,
  type BlobNode,
  type GraphNode,
  type KnownManifest,
  type LoadManifest,
  type ManifestNode,
  type WalkOptions,
} from './graph.ts';
export type { ImageIndex } from './image-index.ts';
export { artifactTypeOf, type ImageManifest } from './image-manifest.ts';
export { defaultOciLimits, type OciLimits } from './limits.ts';
export {
  isImageManifestMediaType,
  isIndexMediaType,
  isManifestMediaType,
  isMediaType,
  isNonDistributableMediaType,
  mediaTypes,
  type MediaTypeName,
} from './media-types.ts';
export { parseDescriptor } from './parse-descriptor.ts';
export {
  parseManifest,
  type ParsedImageIndex,
  type ParsedImageManifest,
  type ParsedManifest,
  type ParseManifestOptions,
} from './parse-manifest.ts';
export { formatPlatform, parsePlatform, platformMatches, selectPlatform } from './platform.ts';
export {
  formatReference,
  isRegistryName,
  isRepositoryName,
  isTag,
  parseReference,
  parseRepository,
  type Reference,
} from './reference.ts';
