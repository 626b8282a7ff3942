import type { Digest } from '../digest/index.ts';
import type { Lock } from '../lockfile/index.ts';
import { annotationKeys, mediaTypes, type Descriptor, type ImageManifest } from '../oci/index.ts';
import { executableAnnotation } from './annotations.ts';

/** One thing in a pack. */
export interface PackEntry {
  readonly path: string;
  /**
   * `file` is written as it is, `folder` is unpacked below its path, `grouped` lies in the layer that holds all
   * artifacts of a lock.
   */
  readonly kind: 'file' | 'folder' | 'grouped';
  /** Of the content: of the packed folder, where it is one. */
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly executable: boolean;
  /** Of the entry of a lock. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/** What is in a pack, in the order of its layers, those of one lock in the order of the lock. Layers without title are not. */
export function packEntries({ layers }: ImageManifest, lock: Lock | undefined): readonly PackEntry[] {
  const named = new Map(lock?.entries.map((entry) => [entry.path, entry]));
  return layers.flatMap((layer, index): readonly PackEntry[] => {
    const path = titleOf(layer);
    if (lock !== undefined && isGroup(layer, index, lock)) return groupedEntries(lock);
    if (path === undefined) return [];
    const { digest, size, mediaType } = layer;
    const entry = named.get(path);
    const facts = entry === undefined ? {} : { name: entry.name, version: entry.version };
    return [{ path, kind: kindOf(layer), digest, size, mediaType, executable: isExecutable(layer), ...facts }];
  });
}

/** The file name of a layer. */
export function titleOf(layer: Descriptor): string | undefined {
  return layer.annotations?.[annotationKeys.title];
}

/** True for the layer that holds all artifacts of a lock: a tar whose title is no entry. */
export function isGroup(layer: Descriptor, index: number, lock: Lock): boolean {
  const path = titleOf(layer);
  return index > 0 && layer.mediaType === mediaTypes.layerTar && !lock.entries.some((entry) => entry.path === path);
}

function isExecutable({ annotations }: Descriptor): boolean {
  return annotations?.[executableAnnotation] === 'true';
}

function kindOf({ annotations }: Descriptor): 'file' | 'folder' {
  return annotations?.[annotationKeys.orasUnpack] === 'true' ? 'folder' : 'file';
}

function groupedEntries(lock: Lock): readonly PackEntry[] {
  return lock.entries.map(({ path, digest, size, mediaType, name, version }) => ({
    path,
    kind: 'grouped',
    digest,
    size,
    mediaType,
    executable: false,
    name,
    version,
  }));
}
