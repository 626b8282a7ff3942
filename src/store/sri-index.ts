import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { canonicalJson } from '../bytes/canonical-json.ts';
import { chunksOf } from '../bytes/stream.ts';
import { algorithmOf, isDigest, parseDigest, type Digest, type DigestAlgorithm } from '../digest/digest.ts';
import { createHash } from '../digest/hash.ts';
import { integrityOf, parseIntegrity, strongestOf, type Integrity } from '../digest/integrity.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { problemOf, type BlobProblem } from './blob-problem.ts';
import { readJsonRecord, unreadableRecord } from './json-record.ts';

/** Which blob has which Subresource Integrity. */
export interface SriIndex {
  /**
   * Notes that a blob has the integrity strings given. Who says so must have checked it: `storeWithIntegrity` does.
   *
   * @throws FormatError `ERR_LOCK_ENTRY` for what is no integrity string. UsageError `ERR_INVALID_DIGEST` for one that
   *   pins nothing. StoreError `ERR_CONFLICT` where another blob was noted for it.
   */
  add(digest: Digest, integrities: Integrity | readonly Integrity[], options?: OperationOptions): Promise<void>;
  /**
   * The blob that has an integrity: any one of its hashes of the strongest algorithm that it names (W3C SRI).
   *
   * @throws FormatError, UsageError as `add`. StoreError where the records fail.
   */
  find(integrity: Integrity, options?: OperationOptions): Promise<Digest | undefined>;
  /** Forgets an integrity. False where none of its hashes was noted. */
  remove(integrity: Integrity, options?: OperationOptions): Promise<boolean>;
}

/** Where an index is kept. */
export interface SriIndexOptions {
  readonly records: RecordStore;
}

/**
 * An index of blobs by Subresource Integrity, one record for each hash. What it says can be made again from the blobs:
 * `rebuildSriIndex`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function sriIndex(options: SriIndexOptions): SriIndex {
  checkOptions('sriIndex', options, ['records']);
  const { records } = options;
  return {
    add: async (digest, integrities, operation = {}) => {
      const blob = parseDigest(digest);
      const hashes = [integrities].flat().flatMap((text) => pinnedBy(text, (parsed) => parsed.digests));
      for (const hash of new Set(hashes)) await note(records, hash, blob, operation);
    },
    find: async (integrity, operation = {}) => {
      for (const hash of pinnedBy(integrity, strongestOf)) {
        const found = await look(records, hash, operation);
        if (found !== undefined) return found.digest;
      }
      return undefined;
    },
    remove: async (integrity, operation = {}) => {
      let removed = false;
      for (const hash of pinnedBy(integrity, (parsed) => parsed.digests)) {
        const found = await look(records, hash, operation);
        if (found === undefined) continue;
        removed = (await records.delete(keyOf(hash), { ...operation, ifVersion: found.version })) === true || removed;
      }
      return removed;
    },
  };
}

/**
 * The hashes that an integrity string pins.
 *
 * @throws UsageError `ERR_INVALID_DIGEST` where it pins nothing: sha1 and md5 vouch for no bytes.
 */
export function pinnedBy(
  text: Integrity,
  which: (parsed: ReturnType<typeof parseIntegrity>) => readonly Digest[] = strongestOf,
): readonly Digest[] {
  const digests = which(parseIntegrity(text));
  if (digests.length > 0) return digests;
  throw new UsageError('ERR_INVALID_DIGEST', `integrity ${JSON.stringify(text.slice(0, 160))} pins no bytes`, {
    argument: 'integrity',
    hint: 'it must have a sha256, sha384 or sha512',
  });
}

function keyOf(hash: Digest): string {
  return `integrity/${hash}`;
}

async function look(
  records: RecordStore,
  hash: Digest,
  options: OperationOptions,
): Promise<{ readonly digest: Digest; readonly version: string } | undefined> {
  const record = await readJsonRecord(records, keyOf(hash), options);
  if (record === undefined) return undefined;
  const { digest } = record.value;
  if (!isDigest(digest)) throw unreadableRecord(keyOf(hash));
  return { digest, version: record.version };
}

async function note(records: RecordStore, hash: Digest, digest: Digest, options: OperationOptions): Promise<void> {
  const written = await records.put(keyOf(hash), canonicalJson({ digest }), { ...options, ifVersion: null });
  if (written !== 'conflict') return;
  const there = (await look(records, hash, options))?.digest ?? digest;
  // The same bytes may be stored under digests of two algorithms; of one they have one digest only.
  if (there === digest || algorithmOf(there) !== algorithmOf(digest)) return;
  throw new StoreError('ERR_CONFLICT', `integrity ${hash} is that of ${there}, and cannot be that of ${digest}`, {
    digest,
    hint: 'make the index again from the blobs',
  });
}

/** What an index is made from. */
export interface RebuildSriIndexOptions extends OperationOptions {
  readonly blobs: BlobStore;
  readonly index: SriIndex;
  /** The algorithms that blobs are found by; sha512, sha384 and sha256 by default. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
}

/** What was indexed. */
export interface RebuildSriIndexReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly errors: readonly BlobProblem[];
}

/**
 * Reads every blob of a store and notes its integrities, computed from its bytes. A blob that is damaged or cannot be
 * read is in the report.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option. StoreError where the records or the listing fail.
 */
export async function rebuildSriIndex(options: RebuildSriIndexOptions): Promise<RebuildSriIndexReport> {
  checkOptions('rebuildSriIndex', options, ['blobs', 'index', 'algorithms', ...operationKeys]);
  const { blobs, index, algorithms = ['sha512', 'sha384', 'sha256'], signal } = options;
  const errors: BlobProblem[] = [];
  let [count, bytes] = [0, 0];
  for await (const { digest } of blobs.list({ signal })) {
    const hashed = await hashesOf(blobs, digest, algorithms, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      errors.push(problemOf(digest, error));
      return undefined;
    });
    if (hashed === undefined) continue;
    await index.add(digest, hashed.integrities, { signal });
    count++;
    bytes += hashed.size;
  }
  return { blobs: count, bytes, errors };
}

async function hashesOf(
  blobs: BlobStore,
  digest: Digest,
  algorithms: readonly DigestAlgorithm[],
  options: OperationOptions,
): Promise<{ readonly integrities: readonly Integrity[]; readonly size: number } | undefined> {
  const blob = await blobs.get(digest, options);
  if (blob === undefined) return undefined;
  const hashes = algorithms.map(createHash);
  let size = 0;
  for await (const chunk of chunksOf(await blob.open(options), options)) {
    size += chunk.length;
    for (const hash of hashes) hash.update(chunk);
  }
  return { integrities: hashes.map((hash) => integrityOf(hash.digest())), size };
}
