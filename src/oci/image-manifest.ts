import type { Descriptor } from './descriptor.ts';
import type { ImageIndex } from './image-index.ts';

/** A config and layers: an image or an artifact (image-spec 1.1.1, manifest). Members it does not know are kept. */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * What an artifact is: its artifact type, or else the media type of its config, as image-spec 1.0 has it
 * (distribution-spec 1.1.1, "Listing Referrers"). undefined for an index without an artifact type.
 */
export function artifactTypeOf(document: ImageManifest | ImageIndex): string | undefined {
  const { artifactType } = document;
  if (artifactType !== undefined && artifactType !== '') return artifactType;
  return 'config' in document ? document.config.mediaType : undefined;
}
