import { utf8 } from '../../../bytes/encoding.ts';
import { bytesSource } from '../../../bytes/source.ts';
import { algorithmOf, digestOf, hexOf, isDigest, type Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import { emptyBytes, emptyDescriptor } from '../../../oci/empty.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository, StoredManifest } from '../../../ports/registry.ts';

/** What every pin says that it is. */
const artifactType = 'application/vnd.packwright.blob.v1';
/** What a pin may have; ours have some 500 bytes. */
const maxBytes = 4096;

/** The digest and size that a pin names. */
export interface Pinned {
  readonly digest: Digest;
  readonly size: number;
}

/** All tags of pins, and no others, begin so. `sha256-…` is what referrers lie under, so it is not that. */
export const tagPrefix = 'blob-';

/** The tag of a pin. A tag has 128 characters at most, so 116 hex digits of a sha512 have to do. */
export function tagOf(digest: Digest): string {
  return `${tagPrefix}${algorithmOf(digest)}-${hexOf(digest)}`.slice(0, 128);
}

/** A manifest that names one blob. The same blob has the same pin always, so that writers cannot lose a race. */
export function pinOf({ digest, size }: Pinned): Uint8Array<ArrayBuffer> {
  const { mediaType, digest: emptyDigest, size: emptySize } = emptyDescriptor;
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.imageManifest,
    artifactType,
    config: { mediaType, digest: emptyDigest, size: emptySize },
    layers: [{ mediaType: 'application/octet-stream', digest, size }],
  };
  return utf8(JSON.stringify(document));
}

/** The pin under a tag; undefined where there is none. */
export async function readPin(
  repository: Repository,
  tag: string,
  options: OperationOptions,
): Promise<Pinned | undefined> {
  const found = await repository.manifest.get(tag, options);
  if (found === undefined) return undefined;
  const pinned = parsePin(found);
  if (pinned !== undefined && tagOf(pinned.digest) === tag) return pinned;
  throw new StoreError('ERR_STORE_READ', `tag ${tag} of ${repository.id} names a manifest that is no pin of its blob`, {
    store: repository.id,
    hint: 'keep blobs in a repository that nothing else writes to',
  });
}

function parsePin({ bytes }: StoredManifest): Pinned | undefined {
  const layer = bytes.length > maxBytes ? undefined : firstLayer(bytes);
  if (!isDigest(layer?.digest) || !Number.isSafeInteger(layer.size) || Number(layer.size) < 0) return undefined;
  const pinned = { digest: layer.digest, size: Number(layer.size) };
  // Ours are deterministic: whatever else these bytes say, somebody else wrote them.
  return digestOf(pinOf(pinned)) === digestOf(bytes) ? pinned : undefined;
}

function firstLayer(bytes: Uint8Array): { readonly digest?: unknown; readonly size?: unknown } | undefined {
  try {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as { layers?: [object] } | null;
    return document?.layers?.[0];
  } catch {
    return undefined;
  }
}

/** Points the tag of a blob at its pin. The blob must be there; so must the config, which is put where it is not. */
export async function writePin(repository: Repository, pinned: Pinned, options: OperationOptions): Promise<void> {
  await repository.blob.put(emptyDescriptor, bytesSource(emptyBytes()), options);
  await repository.manifest.put(pinOf(pinned), {
    ...options,
    mediaType: mediaTypes.imageManifest,
    tag: tagOf(pinned.digest),
  });
}
