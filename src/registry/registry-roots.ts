import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { isPackError, StoreError } from '../errors.ts';
import { isManifestMediaType } from '../oci/media-types.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { loadManifest } from './load-manifest.ts';
import { keyParts, recordsPrefix, type KeyParts } from './record-keys.ts';
import { parseRecord, type RecordedManifest } from './record-value.ts';

/** The stores of a registry, and how their damage is met. */
export interface RegistryRootsOptions extends OperationOptions {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  /**
   * Tells a manifest that is missing or damaged like the others, and not what it names. For an audit, never for a
   * sweep, which would delete the rest of what was damaged.
   */
  readonly skipDamaged?: boolean | undefined;
}

/** A blob that a repository relies on. */
export interface RegistryRoot {
  readonly repository: string;
  readonly digest: Digest;
  /** Known where a manifest, a tag or a list of referrers says it; not where a repository just holds the blob. */
  readonly size?: number | undefined;
  readonly mediaType?: string | undefined;
}

/** How many manifests are read at a time. */
const width = 16;

/**
 * Every blob that a repository of a `storeRegistry` relies on: manifests and what they name, what a tag or a list of
 * referrers points at, and the blobs that were put into a repository or mounted, also where no manifest names them yet.
 * A digest comes as often as it is named. Records are listed once and nothing is kept but a few manifests at a time.
 *
 * Bytes of uploads that go on are none of the store's blobs until they are committed, and need no root.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option. StoreError `ERR_BLOB_NOT_FOUND`, IntegrityError,
 * FormatError for a manifest that is missing or damaged, unless `skipDamaged`.
 */
export async function* registryRoots(options: RegistryRootsOptions): AsyncGenerator<RegistryRoot, void, undefined> {
  checkOptions('registryRoots', options, ['blobs', 'records', 'skipDamaged', ...operationKeys]);
  const { records, signal } = options;
  let waiting: KeyParts[] = [];
  for await (const { key } of records.list(recordsPrefix, { signal })) {
    const parts = keyParts(key);
    if (parts.kind === 'blobs') {
      if (isDigest(parts.name)) yield { repository: parts.repository, digest: parts.name };
    } else if (waiting.push(parts) === width) {
      yield* await rootsOf(waiting, options);
      waiting = [];
    }
  }
  yield* await rootsOf(waiting, options);
}

async function rootsOf(waiting: readonly KeyParts[], options: RegistryRootsOptions): Promise<RegistryRoot[]> {
  return (await Promise.all(waiting.map((parts) => rootsOfRecord(parts, options)))).flat();
}

async function rootsOfRecord(parts: KeyParts, options: RegistryRootsOptions): Promise<RegistryRoot[]> {
  const { repository, key } = parts;
  const record = await options.records.get(key, { signal: options.signal });
  if (record === undefined) return [];
  const known = parseRecord(key, record.value);
  const named = parts.kind === 'manifests' ? await contentOf(known, options) : [];
  return [known, ...named].map(({ digest, size, mediaType }) => ({ repository, digest, size, mediaType }));
}

async function contentOf(known: RecordedManifest, options: RegistryRootsOptions): ReturnType<typeof loadContent> {
  try {
    return await loadContent(known, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (options.skipDamaged === true && isPackError(error)) return [];
    throw error;
  }
}

async function loadContent(
  known: RecordedManifest,
  { blobs, signal }: RegistryRootsOptions,
): Promise<readonly { readonly digest: Digest; readonly size: number; readonly mediaType: string }[]> {
  if (!isManifestMediaType(known.mediaType)) return [];
  const found = await loadManifest(blobs, known, { signal });
  if (found !== undefined) return found.facts.content;
  const { digest } = known;
  throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not in ${blobs.id}`, { store: blobs.id, digest });
}
