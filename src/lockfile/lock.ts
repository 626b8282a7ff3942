import { compareBytewise } from '../bytes/encoding.ts';
import { canonicalJson } from '../bytes/canonical-json.ts';
import type { Digest } from '../digest/digest.ts';
import type { Integrity } from '../digest/integrity.ts';
import type { LockfileEntry, OmittedScope, Scope, SkipReason } from './lockfile.ts';
import { checkLock } from './parse-lock.ts';

/** Media type of a lock: the config of a pack. */
export const lockMediaType = 'application/vnd.packwright.lock.v1+json';

/**
 * What goes into a pack, to the byte. Its canonical JSON is its identity, and the config of the pack's manifest.
 *
 * All members are always there, except `origin` and `license` of an entry, which are absent where the lockfile gives
 * none. What was not asked for is null in `selection`, and an empty list elsewhere.
 */
export interface Lock {
  readonly lockVersion: 1;
  /** The lockfile that it was made from; `path` is a base name. */
  readonly source: { readonly format: string; readonly path: string; readonly digest: Digest };
  readonly selection: LockSelection;
  /** Sorted bytewise by path. */
  readonly entries: readonly LockEntry[];
  /** What the selection takes in and the pack does not have. Sorted bytewise by path. */
  readonly skipped: readonly SkippedEntry[];
}

/** What was asked for; null stands for everything. */
export interface LockSelection {
  /** In the order dev, optional, peer. */
  readonly omit: readonly OmittedScope[];
  readonly os: string | null;
  readonly cpu: string | null;
  readonly libc: string | null;
}

/** One artifact of a pack. */
export interface LockEntry {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly origin?: string | undefined;
  /** As the lockfile pins it. */
  readonly integrity: Integrity;
  /** Of the bytes that were packed. */
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  /** In the order prod, dev, optional, peer. */
  readonly scope: readonly Scope[];
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
  readonly license?: string | undefined;
  readonly installPaths: readonly string[];
  /** Paths of entries. */
  readonly dependsOn: readonly string[];
}

/** Something that a lockfile lists and a pack does not have. */
export interface SkippedEntry {
  /** Where it would be installed. */
  readonly path: string;
  readonly reason: SkipReason;
}

/** An entry of a lockfile with what its bytes turned out to be. */
export interface PackedEntry extends LockfileEntry {
  readonly digest: Digest;
  readonly size: number;
}

/** What a lock is built from: the lockfile, and what {@link selectEntries} said, each entry with digest and size. */
export interface LockInput {
  readonly lockfile: { readonly format: string; readonly name: string; readonly digest: Digest };
  readonly selection: LockSelection;
  readonly entries: readonly PackedEntry[];
  readonly skipped: readonly SkippedEntry[];
}

/**
 * Builds a lock, and the canonical bytes (RFC 8785) that are its identity. The order of the input does not count.
 *
 * @throws FormatError `ERR_LOCK_INVALID` or `ERR_UNSAFE_PATH` where {@link parseLock} would refuse the result.
 */
export function buildLock(input: LockInput): { readonly lock: Lock; readonly bytes: Uint8Array<ArrayBuffer> } {
  const { lockfile, selection, entries, skipped } = input;
  const lock: Lock = {
    lockVersion: 1,
    source: { format: lockfile.format, path: lockfile.name, digest: lockfile.digest },
    selection: { omit: selection.omit, os: selection.os, cpu: selection.cpu, libc: selection.libc },
    entries: entries.map(lockEntry).sort((a, b) => compareBytewise(a.path, b.path)),
    skipped: skipped
      .map(({ path, reason }) => ({ path, reason }))
      .sort((a, b) => compareBytewise(a.path, b.path) || compareBytewise(a.reason, b.reason)),
  };
  checkLock(lock);
  return { lock, bytes: canonicalJson(lock) };
}

function lockEntry(entry: PackedEntry): LockEntry {
  const { origin, license } = entry;
  return {
    path: entry.path,
    name: entry.name,
    version: entry.version,
    purl: entry.purl,
    ...(origin === undefined ? {} : { origin }),
    integrity: entry.integrity,
    digest: entry.digest,
    size: entry.size,
    mediaType: entry.mediaType,
    scope: entry.scope,
    os: entry.os,
    cpu: entry.cpu,
    libc: entry.libc,
    ...(license === undefined ? {} : { license }),
    installPaths: [...entry.installPaths].sort(compareBytewise),
    dependsOn: [...entry.dependsOn].sort(compareBytewise),
  };
}
