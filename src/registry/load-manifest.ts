import { readAll } from '../bytes/stream.ts';
import { verifyBytes } from '../digest/verify-stream.ts';
import { isPackError } from '../errors.ts';
import { defaultOciLimits } from '../oci/limits.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { KnownManifest } from './catalog.ts';
import { manifestFacts, type ManifestFacts } from './manifest-facts.ts';

/** The bytes of a manifest, and what they say. */
export interface LoadedManifest {
  readonly bytes: Uint8Array;
  readonly facts: ManifestFacts;
}

/**
 * Reads a manifest, checked against everything that is known of it. undefined where its bytes are not there, and for
 * a blob of which nothing but its digest is known and that does not read as a manifest.
 *
 * @throws IntegrityError for other bytes, or another size. FormatError as `parseManifest` does.
 */
export async function loadManifest(
  blobs: BlobStore,
  known: KnownManifest,
  options: OperationOptions,
): Promise<LoadedManifest | undefined> {
  const { digest, mediaType, size } = known;
  const limit = defaultOciLimits.manifestBytes;
  const blob = await blobs.get(digest, options);
  if (blob === undefined || (mediaType === undefined && blob.size > limit)) return undefined;
  const bytes = await readAll(await blob.open(options), { limit, signal: options.signal });
  verifyBytes(bytes, { digest, size });
  if (mediaType === undefined && !isManifestDocument(bytes)) return undefined;
  return { bytes, facts: manifestFacts(bytes, { digest, mediaType }) };
}

function isManifestDocument(bytes: Uint8Array): boolean {
  try {
    parseManifest(bytes);
    return true;
  } catch (error) {
    if (isPackError(error)) return false;
    throw error;
  }
}
