import type { Descriptor } from './descriptor.ts';

/** A list of manifests, often one for each platform (image-spec 1.1.1, image index). Members it does not know are kept. */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string | undefined;
  readonly artifactType?: string | undefined;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}
