import type { Digest } from '../digest/digest.ts';
import type { Integrity } from '../digest/integrity.ts';

/** A set of dependencies that an entry can belong to. */
export type Scope = 'prod' | 'dev' | 'optional' | 'peer';

/** A set of dependencies that a caller can leave out. */
export type OmittedScope = Exclude<Scope, 'prod'>;

/** Why an entry of a lockfile cannot be packed as a file with a known digest. */
export type UnpackableReason = 'link' | 'git' | 'file' | 'bundled' | 'no-integrity' | 'weak-integrity';

/** Why an entry is not in a pack although nothing omitted it; `host` is an origin that the caller does not allow. */
export type SkipReason = UnpackableReason | 'host';

/** What an entry can run on, as its author wrote it: empty for everything, `!` negates. */
export interface EntryPlatforms {
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
}

/** How the root of the lockfile comes to an entry. */
export interface EntryReach {
  /** Every set of dependencies that reaches it, in the order prod, dev, optional, peer. */
  readonly scope: readonly Scope[];
  /**
   * The ways that lead to it, each as the sets that it passes through; an empty one is a plain production dependency.
   * Omitting a set closes every way that passes through it, and the entry goes when no way is left.
   */
  readonly ways: readonly (readonly OmittedScope[])[];
}

/** A lockfile of any format, read: each of its entries is either packable or named with the reason why not. */
export interface Lockfile {
  readonly format: 'npm';
  /** Base name of the file. */
  readonly name: string;
  /** Of the bytes of the file. */
  readonly digest: Digest;
  /** What can be packed, one for each distinct artifact, sorted by path. */
  readonly entries: readonly LockfileEntry[];
  /** What cannot, sorted by install path. */
  readonly unpackable: readonly UnpackableEntry[];
}

/** One artifact that a lockfile pins. */
export interface LockfileEntry extends EntryReach, EntryPlatforms {
  /** Where it goes in a pack: `npm/@scope/name/1.2.3.tgz`. Safe, and unique also where case does not count. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  /** Where it comes from, as the lockfile says, without user info; absent where it says nothing. */
  readonly origin?: string | undefined;
  readonly integrity: Integrity;
  readonly mediaType: 'application/gzip';
  readonly license?: string | undefined;
  /** Every place that it is installed at. */
  readonly installPaths: readonly string[];
  /** Paths of the entries that it needs. */
  readonly dependsOn: readonly string[];
}

/** One thing that a lockfile lists and that has no bytes with a known digest. */
export interface UnpackableEntry extends EntryReach, EntryPlatforms {
  /** Where it is installed, or the folder of a workspace. */
  readonly path: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly reason: UnpackableReason;
}
