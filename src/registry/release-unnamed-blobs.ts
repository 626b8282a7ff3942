import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { isPackError, StoreError, UsageError } from '../errors.ts';
import { isManifestMediaType } from '../oci/media-types.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import type { Catalog } from './catalog.ts';
import { loadManifest } from './load-manifest.ts';
import { recordCatalog } from './record-catalog.ts';
import { recordKeys, type RecordKeys } from './record-keys.ts';
import { parseRecord } from './record-value.ts';
import { blobInUse } from './repository-blobs.ts';
import { storeRegistry } from './store-registry.ts';

/** The stores of a registry, and what stays. */
export interface ReleaseUnnamedBlobsOptions extends OperationOptions {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  /** A blob that was written, or found by a writer, within so many seconds stays; 24 hours by default. */
  readonly graceSeconds?: number | undefined;
  /** The time now, in milliseconds since 1970; that of the clock by default. */
  readonly now?: number | undefined;
  /** Only says what would be released. */
  readonly dryRun?: boolean | undefined;
  /** Is told of each blob that a repository lets go, or would. What it throws ends the work. */
  readonly onReleased?: ((blob: ReleasedBlob) => void) | undefined;
}

/** A blob that a repository let go, or would. */
export interface ReleasedBlob {
  readonly repository: string;
  readonly digest: Digest;
}

/** What repositories let go. */
export interface ReleaseUnnamedBlobsReport {
  readonly dryRun: boolean;
  /** Blobs that a repository held, and no manifest of it names. Counted once for each repository. */
  readonly candidates: number;
  readonly released: number;
}

/**
 * Makes the repositories of a `storeRegistry` let go of the blobs that none of their manifests names: what remains of
 * manifests that were deleted, and of pushes that never came to one. Deletes no bytes: `collectGarbage` does, when
 * nothing in `registryRoots` names them any more. Safe beside writers: a manifest that comes meanwhile keeps its blobs,
 * or is refused and must be put again with its blobs.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for wrong options. StoreError, IntegrityError, FormatError for a manifest
 * that is missing or damaged: its blobs stay, and what comes after it.
 */
export async function releaseUnnamedBlobs(options: ReleaseUnnamedBlobsOptions): Promise<ReleaseUnnamedBlobsReport> {
  checkOptions('releaseUnnamedBlobs', options, known);
  const { blobs, records, graceSeconds = 24 * 60 * 60, now = Date.now(), dryRun = false, signal, onReleased } = options;
  if (!(graceSeconds >= 0)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `graceSeconds is ${String(graceSeconds)}, expected 0 or more`, {
      argument: 'graceSeconds',
    });
  }
  const report = { dryRun, candidates: 0, released: 0 };
  const youngest = graceSeconds === 0 ? Infinity : now - graceSeconds * 1000;
  for await (const name of storeRegistry({ blobs, records }).repositories({ signal })) {
    const release = new Release({ blobs, records }, name, { youngest, dryRun, signal, onReleased });
    const { candidates, released } = await release.run();
    report.candidates += candidates;
    report.released += released;
  }
  return report;
}

const known = ['blobs', 'records', 'graceSeconds', 'now', 'dryRun', 'onReleased', ...operationKeys];

interface Stores {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
}

interface ReleaseRules {
  readonly youngest: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onReleased: ReleaseUnnamedBlobsOptions['onReleased'];
}

class Release {
  readonly #stores: Stores;
  readonly #name: string;
  readonly #keys: RecordKeys;
  readonly #catalog: Catalog;
  readonly #rules: ReleaseRules;
  /** The versions of the records of manifests that were read: who puts one again writes another. */
  readonly #seen = new Map<string, string>();
  readonly #named = new Set<Digest>();

  constructor(stores: Stores, name: string, rules: ReleaseRules) {
    this.#stores = stores;
    this.#name = name;
    this.#keys = recordKeys(name);
    this.#catalog = recordCatalog(stores.records, name);
    this.#rules = rules;
  }

  async run(): Promise<{ candidates: number; released: number }> {
    const { signal } = this.#rules;
    const counts = { candidates: 0, released: 0 };
    await this.#look();
    const prefix = this.#keys.blob('' as Digest);
    for await (const { key } of this.#stores.records.list(prefix, { signal })) {
      const digest = key.slice(prefix.length);
      if (!isDigest(digest) || this.#named.has(digest)) continue;
      counts.candidates++;
      if (!(await this.#release(digest))) continue;
      counts.released++;
      this.#rules.onReleased?.({ repository: this.#name, digest });
    }
    return counts;
  }

  async #release(digest: Digest): Promise<boolean> {
    const { youngest, dryRun, signal } = this.#rules;
    const stat = await this.#stores.blobs.stat(digest, { signal });
    if (stat !== undefined && !((stat.modifiedAt ?? (youngest === Infinity ? 0 : Infinity)) <= youngest)) return false;
    if (dryRun) return true;
    try {
      return await this.#catalog.release(digest, () => this.#confirm(digest), { signal });
    } catch (error) {
      if (isPackError(error) && error.code === 'ERR_CONFLICT') return false;
      throw error;
    }
  }

  /** Fails where a manifest names the blob by now. */
  async #confirm(digest: Digest): Promise<void> {
    await this.#look();
    if (this.#named.has(digest)) throw blobInUse(digest, undefined, this.#name);
  }

  /** Reads the manifests that came since the last look. */
  async #look(): Promise<void> {
    const { signal } = this.#rules;
    for await (const { key, version } of this.#stores.records.list(this.#keys.manifests, { signal })) {
      if (this.#seen.get(key) === version) continue;
      await this.#read(key);
      this.#seen.set(key, version);
    }
  }

  async #read(key: string): Promise<void> {
    const { signal } = this.#rules;
    const { blobs, records } = this.#stores;
    const record = await records.get(key, { signal });
    const known = record && parseRecord(key, record.value);
    if (known === undefined || !isManifestMediaType(known.mediaType)) return;
    const found = await loadManifest(blobs, known, { signal });
    if (found === undefined) {
      const { digest } = known;
      throw new StoreError('ERR_BLOB_NOT_FOUND', `manifest ${digest} is not in ${blobs.id}`, {
        store: blobs.id,
        digest,
      });
    }
    for (const { digest } of found.facts.content) this.#named.add(digest);
  }
}
