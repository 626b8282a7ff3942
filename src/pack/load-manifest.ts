import { verifyBytes } from '../digest/index.ts';
import { IntegrityError, isPackError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseManifest, selectPlatform, type ParsedImageManifest, type ParsedManifest } from '../oci/index.ts';
import type { Platform } from '../oci/descriptor.ts';
import { UsageError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { failureOf } from './failure.ts';

/** How often wrong bytes are asked for again before they are believed to be what is there. */
export const maxAttempts = 5;

/** A manifest or index that was read: its bytes as they came, and what they say. */
export interface LoadedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly parsed: ParsedManifest;
}

/**
 * The bytes of a manifest, checked against its descriptor. Wrong bytes are asked for again, 5 times in all.
 *
 * @throws IntegrityError, StoreError `ERR_BLOB_NOT_FOUND`, with `details.side` `source`.
 */
export async function loadManifestBytes(
  repository: Repository,
  descriptor: Descriptor,
  options: OperationOptions,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadOnce(repository, descriptor, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isWrongBytes(error) || attempt === maxAttempts) throw failureOf(error, 'source');
    }
  }
}

async function loadOnce(
  repository: Repository,
  { digest, size }: Descriptor,
  options: OperationOptions,
): Promise<Uint8Array> {
  const found = await repository.manifest.get(digest, options);
  if (found !== undefined) return verifyBytes(found.bytes, { digest, size });
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not in ${repository.id}`, { digest });
}

/** True for an error that says the bytes are wrong, also one from another copy of the library. */
export function isWrongBytes(error: unknown): boolean {
  return error instanceof IntegrityError || (isPackError(error) && error.name === 'IntegrityError');
}

/** A manifest that is meant, with its bytes where they were read. */
export interface NamedManifest {
  readonly descriptor: Descriptor;
  readonly bytes?: Uint8Array | undefined;
}

/** The manifest or index that is meant, read where it was not yet. */
export async function loadManifest(
  repository: Repository,
  named: NamedManifest,
  options: OperationOptions,
): Promise<LoadedManifest> {
  const { descriptor } = named;
  const bytes = named.bytes ?? (await loadManifestBytes(repository, descriptor, options));
  return { descriptor, bytes, parsed: parseManifest(bytes, { mediaType: descriptor.mediaType }) };
}

/** An image manifest: not an index. */
export interface LoadedImageManifest extends LoadedManifest {
  readonly parsed: ParsedImageManifest;
}

/**
 * Reads the image manifest that is meant: the one named, or the one for a platform in the index that is named, or the
 * only one in it.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where an index has several and no platform was given.
 */
export async function loadImageManifest(
  repository: Repository,
  named: NamedManifest,
  options: OperationOptions & { readonly platform?: Platform | string | undefined },
): Promise<LoadedImageManifest> {
  let next = named;
  for (let depth = 0; depth < maxIndexDepth; depth++) {
    const { parsed, ...loaded } = await loadManifest(repository, next, options);
    if (parsed.kind === 'manifest') return { ...loaded, parsed };
    next = { descriptor: chosenOf(parsed.document.manifests, next.descriptor, options.platform) };
  }
  throw new UsageError(
    'ERR_UNSUPPORTED',
    `index ${named.descriptor.digest} nests deeper than ${maxIndexDepth} indexes`,
  );
}

/** How many indexes are followed to the manifest for a platform. */
export const maxIndexDepth = 8;

function chosenOf(
  manifests: readonly Descriptor[],
  index: Descriptor,
  platform: Platform | string | undefined,
): Descriptor {
  const [only, ...others] = manifests;
  if (platform !== undefined) return selectPlatform(manifests, platform);
  if (only !== undefined && others.length === 0) return only;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `index ${index.digest} has ${manifests.length} manifests, expected one`,
    {
      argument: 'platform',
      hint: 'name a platform, or one of the manifests by its digest',
      details: { digests: manifests.slice(0, 50).map(({ digest }) => digest) },
    },
  );
}
